//! The stable codes of all mistakes, in one list.
//!
//! `E01xx` belong to the lexer and parser, `E02xx` to names, `E03xx` to types, `E04xx` to row
//! domains, `E05xx` to runs, `E06xx` to calls and options. A code is never reused for another
//! kind of mistake.

/// Writes the enum and its two tables from one list, so that they can't disagree.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $title:literal;)*) => {
        /// The kind of a mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* #[doc = concat!("`", $text, "`: ", $title, ".")] $name,)*
        }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The code as printed, such as `E0101`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            /// The code's page of the catalogue `docs/errors/`: what it means, an example with what is
            /// told of it, and what to write instead. Markdown.
            pub fn explanation(self) -> &'static str {
                match self {
                    $(Code::$name => include_str!(concat!("../../../docs/errors/", $text, ".md"))),*
                }
            }

            /// What this kind of mistake is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title),* }
            }
        }
    };
}

codes! {
    UnexpectedCharacter = "E0101", "a character that means nothing in a flow";
    UnterminatedText = "E0102", "a text or backtick name that is never closed";
    BadEscape = "E0103", "an escape sequence that means nothing";
    BadNumber = "E0104", "a number that can't be read";
    BadDuration = "E0105", "a duration that can't be read";
    ExpectedItem = "E0110", "something other than a definition or declaration";
    ExpectedExpression = "E0111", "an expression is missing";
    ExpectedToken = "E0112", "something other than the grammar expects";
    ExpectedEndOfItem = "E0113", "text after the end of a definition or declaration";
    UnclosedBracket = "E0114", "a bracket that is never closed";
    ExpectedName = "E0115", "a name is missing";
    ExpectedType = "E0116", "a type is missing";
    BadQuery = "E0117", "a query that isn't a table followed by steps";
    ForeignOperator = "E0120", "an operator of another language";
    AssignmentInExpression = "E0121", "`=` inside an expression";
    MixedComparison = "E0122", "operators that need parentheses";
    ForeignLiteral = "E0123", "a literal of another language";
    MissingElse = "E0124", "a conditional without `else`";
    BadLookup = "E0125", "square brackets that hold no lookup";
    NotCallable = "E0126", "a call of something that is no name";
    PositionalAfterNamed = "E0127", "an unnamed argument after a named one";
    MisplacedTemplate = "E0128", "a templated name where a plain one is needed";
    DanglingDocumentation = "E0129", "documentation or a tag with nothing after it";
    NestedTooDeep = "E0190", "brackets or blocks nested too deeply";
    FileTooLarge = "E0191", "a file that is too large";
    UnknownName = "E0201", "a name that means nothing here";
    AmbiguousName = "E0202", "a name that several tables have";
    NameTaken = "E0203", "a name that is defined twice";
    DefinitionCycle = "E0204", "definitions that need each other";
    UnknownFunction = "E0205", "a function that doesn't exist";
    NotAValue = "E0206", "a table, module or list where a value is needed";
    UnknownTable = "E0207", "a table that doesn't exist";
    UnknownMember = "E0208", "a column that the table doesn't have";
    BadImport = "E0209", "a file that can't be imported";
    UnusedOver = "E0210", "`over` with nothing to govern";
    NotConstant = "E0211", "a value that must be known before data is read";
    BadConfig = "E0212", "a config without a fitting value";
    BadSelector = "E0213", "a selection of nothing";
    ExpansionLimit = "E0214", "a flow that expands to too much";
    MisplacedItem = "E0215", "a declaration where it can't stand";
    TypeMismatch = "E0301", "a value of the wrong type";
    NoCommonType = "E0302", "types that can't be combined";
    NullableValue = "E0303", "a value that may be null where it must not be";
    LiteralOutOfRange = "E0304", "a constant that its type can't hold";
    UnknownType = "E0305", "a type that doesn't exist";
    BadArguments = "E0306", "arguments that a function doesn't take";
    BadConstantText = "E0307", "a text that is no date or timestamp";
    NotCalled = "E0308", "a function without its parentheses";
    ComparedWithNull = "E0309", "a comparison with null";
    BadPattern = "E0320", "a text that is no pattern";
    DomainClash = "E0401", "rows of two tables combined";
    NeedsRows = "E0402", "a single value where a column is needed";
    MissingSchema = "E0403", "a table whose columns are not known";
    CannotRunYet = "E0490", "something that is understood but can't run yet";
    RunFailed = "E0501", "a run that failed";
    BadInput = "E0502", "input that can't be read or doesn't fit";
    MissingInput = "E0503", "a table or value that is not given";
    TestFailed = "E0504", "a test whose expectation was not met";
    NotByRow = "E0505", "an output that one row does not decide";
    CheckFailed = "E0506", "a check that does not hold";
    UnreadableFlow = "E0601", "a flow that can't be read";
    BadOption = "E0602", "a call with something wrong";
    BadState = "E0603", "a state that can't be read or written";
    StateOfAnotherFlow = "E0604", "a state that another flow learned";
}

impl Code {
    /// The code written so, in capitals or not, with or without the `E`.
    pub fn from_text(text: &str) -> Option<Code> {
        let digits = text.trim().trim_start_matches(['E', 'e']);
        let mut codes = Code::ALL.iter();
        codes.find(|code| &code.as_str()[1..] == digits).copied()
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_well_formed() {
        for (position, code) in Code::ALL.iter().enumerate() {
            let text = code.as_str();
            assert_eq!(text.len(), 5, "{text}");
            assert!(text.starts_with('E') && text[1..].bytes().all(|byte| byte.is_ascii_digit()));
            assert!(!code.title().is_empty());
            assert!(
                Code::ALL[..position]
                    .iter()
                    .all(|other| other.as_str() != text)
            );
        }
    }
}
