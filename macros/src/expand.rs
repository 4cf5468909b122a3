//! What is made of it: the functions, their symbols all of one flow, and a description of each.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    GenericArgument, GenericParam, Item, ItemFn, Lifetime, LifetimeParam, Lit, PathArguments,
    Result, Type, parse_quote,
};

use crate::parse::{Module, Node, Options, Parameter, plain};

/// The module with a function `graph`.
pub(crate) fn module(options: &Options, module: Module) -> Result<TokenStream> {
    let Module {
        mut item,
        doc,
        nodes,
    } = module;
    let table = &options.table;
    let definitions: Vec<TokenStream> = nodes.iter().map(definition).collect();
    if let Some((_, items)) = &mut item.content {
        for item in items.iter_mut() {
            if let Item::Fn(function) = item {
                of_one_flow(function);
            }
        }
        items.push(parse_quote! {
            /// The graph of this module's functions.
            ///
            /// # Errors
            /// Every mistake, with the file and line of the function it is in.
            #[allow(dead_code, unreachable_pub)]
            pub fn graph() -> ::std::result::Result<::icosian::Graph, ::icosian::Error> {
                graph_with(&::std::collections::BTreeMap::new())
            }
        });
        items.push(parse_quote! {
            /// The graph of this module's functions, for these values of configs.
            ///
            /// # Errors
            /// As `graph`; or if a config that a function asks for is not given.
            #[allow(dead_code, unreachable_pub)]
            pub fn graph_with(
                configs: &::std::collections::BTreeMap<::std::string::String, ::std::string::String>,
            ) -> ::std::result::Result<::icosian::Graph, ::icosian::Error> {
                let module = ::icosian::typed::Module {
                    table: #table,
                    doc: #doc,
                    definitions: ::std::vec![#(#definitions),*],
                };
                module.graph(configs)
            }
        });
    }
    Ok(quote! { #item })
}

fn definition(node: &Node) -> TokenStream {
    let Node {
        function,
        name,
        doc,
        fit,
        ..
    } = node;
    let mut returned = node.returned.clone();
    anonymous(&mut returned);
    let span = function.span();
    let tags = node.tags.iter().map(|(name, arguments)| {
        let arguments = arguments.iter().map(constant);
        quote! { (#name, ::std::vec![#(#arguments),*]) }
    });
    let conditions = node
        .conditions
        .iter()
        .map(|(name, value)| quote! { (#name, #value) });
    let needs = node.parameters.iter().map(need);
    let arguments = node.parameters.iter().map(|parameter| {
        let name = plain(&parameter.name);
        quote! { scope.argument(#name) }
    });
    // The line is the function's: the macro's own would be that of the attribute.
    let place = quote_spanned! {span=>
        ::icosian::typed::Place { file: ::std::file!(), line: ::std::line!() }
    };
    quote! {
        ::icosian::typed::Definition {
            name: #name,
            doc: #doc,
            place: #place,
            tags: ::std::vec![#(#tags),*],
            fit: #fit,
            conditions: &[#(#conditions),*],
            needs: ::std::vec![#(#needs),*],
            kind: <#returned as ::icosian::typed::Returned>::KIND,
            ty: <#returned as ::icosian::typed::Returned>::ty(),
            define: |scope| ::icosian::typed::Returned::expression(#function(#(#arguments),*)),
        }
    }
}

fn need(parameter: &Parameter) -> TokenStream {
    let name = plain(&parameter.name);
    let mut ty = parameter.ty.clone();
    anonymous(&mut ty);
    let table = match &parameter.table {
        Some(table) => quote! { ::std::option::Option::Some(#table) },
        None => quote! { ::std::option::Option::None },
    };
    let default = match &parameter.default {
        Some(value) => quote! {
            ::std::option::Option::Some(::icosian::typed::IntoConstant::into_constant(#value))
        },
        None => quote! { ::std::option::Option::None },
    };
    quote! {
        ::icosian::typed::Need {
            name: #name,
            kind: <#ty as ::icosian::typed::Argument>::KIND,
            ty: <#ty as ::icosian::typed::Argument>::ty(),
            table: #table,
            default: #default,
        }
    }
}

fn constant(literal: &Lit) -> TokenStream {
    quote! { ::icosian::typed::IntoConstant::into_constant(#literal) }
}

/// Writes the lifetime that all symbols of a function share.
fn of_one_flow(function: &mut ItemFn) {
    let lifetime: Lifetime = parse_quote!('flow);
    let mut found = false;
    for input in &mut function.sig.inputs {
        if let syn::FnArg::Typed(typed) = input {
            found |= insert(&mut typed.ty, &lifetime);
        }
    }
    if let syn::ReturnType::Type(_, returned) = &mut function.sig.output {
        found |= insert(returned, &lifetime);
    }
    let generics = &mut function.sig.generics;
    if found && generics.lifetimes().next().is_none() {
        let parameter = GenericParam::Lifetime(LifetimeParam::new(lifetime));
        generics.params.insert(0, parameter);
    }
}

/// A symbol's type where its lifetime is of no concern.
fn anonymous(ty: &mut Type) {
    insert(ty, &parse_quote!('_));
}

/// Puts a lifetime first in `Col<…>`, `Scalar<…>` and `Param<…>` that have none.
fn insert(ty: &mut Type, lifetime: &Lifetime) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last_mut() else {
        return false;
    };
    let is_symbol = ["Col", "Scalar", "Param"]
        .iter()
        .any(|name| last.ident == name);
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else {
        return false;
    };
    let has_one = matches!(arguments.args.first(), Some(GenericArgument::Lifetime(_)));
    if !is_symbol || has_one {
        return false;
    }
    arguments
        .args
        .insert(0, GenericArgument::Lifetime(lifetime.clone()));
    true
}
