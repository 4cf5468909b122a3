//! What is written: the attribute's options, the module, its functions with their attributes.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, Expr, FnArg, Ident, Item, ItemFn, ItemMod, Lit, LitStr, Meta, Pat, Result,
    ReturnType, Token, Type,
};

/// `table = "weekly"`
pub(crate) struct Options {
    pub(crate) table: LitStr,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Options> {
        let name: Ident = input.parse()?;
        if name != "table" {
            return Err(Error::new(name.span(), "expected `table = \"…\"`"));
        }
        input.parse::<Token![=]>()?;
        let table = input.parse()?;
        Ok(Options { table })
    }
}

/// A module, its nodes taken out of their functions.
pub(crate) struct Module {
    pub(crate) item: ItemMod,
    pub(crate) doc: String,
    pub(crate) nodes: Vec<Node>,
}

/// A function that is a node.
pub(crate) struct Node {
    pub(crate) function: Ident,
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) tags: Vec<(String, Vec<Lit>)>,
    pub(crate) fit: bool,
    pub(crate) conditions: Vec<(String, LitStr)>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returned: Type,
}

/// A parameter of such a function.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) table: Option<LitStr>,
    pub(crate) default: Option<Expr>,
}

/// Reads a module, and takes from it the attributes that only this knows.
pub(crate) fn module(mut item: ItemMod) -> Result<Module> {
    let doc = doc(&item.attrs);
    let span = item.span();
    let Some((_, items)) = &mut item.content else {
        return Err(Error::new(
            span,
            "a flow's functions are written in the module: `mod name { … }`",
        ));
    };
    let mut nodes = Vec::new();
    for item in items {
        let Item::Fn(function) = item else { continue };
        let is_helper = function.sig.ident.to_string().starts_with('_')
            || function.sig.generics.type_params().next().is_some();
        if !is_helper {
            nodes.push(node(function)?);
        }
    }
    Ok(Module { item, doc, nodes })
}

fn node(function: &mut ItemFn) -> Result<Node> {
    let ReturnType::Type(_, returned) = &function.sig.output else {
        let message = "a node's function returns its value: a `Col` or a `Scalar`";
        return Err(Error::new(function.sig.span(), message));
    };
    let returned = (**returned).clone();
    let mut node = Node {
        name: plain(&function.sig.ident),
        function: function.sig.ident.clone(),
        doc: doc(&function.attrs),
        tags: Vec::new(),
        fit: false,
        conditions: Vec::new(),
        parameters: Vec::new(),
        returned,
    };
    let attributes = std::mem::take(&mut function.attrs);
    for attribute in attributes {
        if attribute.path().is_ident("tag") {
            node.tags.extend(tags(&attribute)?);
        } else if attribute.path().is_ident("fit") {
            attribute.meta.require_path_only()?;
            node.fit = true;
        } else if attribute.path().is_ident("when") {
            node.conditions.extend(conditions(&attribute)?);
        } else if attribute.path().is_ident("name") {
            node.name = attribute.parse_args::<LitStr>()?.value();
        } else {
            function.attrs.push(attribute);
        }
    }
    for input in &mut function.sig.inputs {
        let span = input.span();
        let FnArg::Typed(typed) = input else {
            return Err(Error::new(span, "a node's function takes no `self`"));
        };
        let Pat::Ident(pattern) = &*typed.pat else {
            let message = "a parameter's name is the node it stands for";
            return Err(Error::new(typed.pat.span(), message));
        };
        let mut parameter = Parameter {
            name: pattern.ident.clone(),
            ty: (*typed.ty).clone(),
            table: None,
            default: None,
        };
        for attribute in std::mem::take(&mut typed.attrs) {
            if attribute.path().is_ident("table") {
                parameter.table = Some(attribute.parse_args()?);
            } else if attribute.path().is_ident("default") {
                parameter.default = Some(attribute.parse_args()?);
            } else {
                typed.attrs.push(attribute);
            }
        }
        node.parameters.push(parameter);
    }
    Ok(node)
}

/// A name without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// `slow`, or `owner = "ops"`, several with commas.
fn tags(attribute: &Attribute) -> Result<Vec<(String, Vec<Lit>)>> {
    let metas = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
    let read = |meta: Meta| match meta {
        Meta::Path(path) => Ok((plain(path.require_ident()?), Vec::new())),
        Meta::NameValue(pair) => {
            let name = plain(pair.path.require_ident()?);
            match pair.value {
                Expr::Lit(literal) => Ok((name, vec![literal.lit])),
                other => Err(Error::new(other.span(), "a tag's argument is a literal")),
            }
        }
        Meta::List(list) => {
            let name = plain(list.path.require_ident()?);
            let literals = list.parse_args_with(Punctuated::<Lit, Token![,]>::parse_terminated)?;
            Ok((name, literals.into_iter().collect()))
        }
    };
    metas.into_iter().map(read).collect()
}

/// `mode = "batch"`, several with commas.
fn conditions(attribute: &Attribute) -> Result<Vec<(String, LitStr)>> {
    struct Condition(Ident, LitStr);
    impl Parse for Condition {
        fn parse(input: ParseStream<'_>) -> Result<Condition> {
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            Ok(Condition(name, input.parse()?))
        }
    }
    let list = attribute.parse_args_with(Punctuated::<Condition, Token![,]>::parse_terminated)?;
    let pairs = list.into_iter();
    Ok(pairs
        .map(|Condition(name, value)| (plain(&name), value))
        .collect())
}

/// The text of doc comments.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else {
            return None;
        };
        match &pair.value {
            Expr::Lit(literal) if pair.path.is_ident("doc") => match &literal.lit {
                Lit::Str(line) => {
                    let line = line.value();
                    Some(line.strip_prefix(' ').unwrap_or(&line).to_owned())
                }
                _ => None,
            },
            _ => None,
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}
