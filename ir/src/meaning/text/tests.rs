//! Functions of text on single values, expected results written by hand.

use super::{Argument, Given, MAX_BYTES, TextCall, TextError, check_pattern, group_named};
use crate::op::TextFunction;

/// A result without a borrow.
#[derive(Clone, PartialEq, Debug)]
enum Found {
    Null,
    Bool(bool),
    Whole(i64),
    Text(String),
}

fn try_call(function: TextFunction, arguments: &[Argument<'_>]) -> Result<Found, TextError> {
    let call = TextCall::new(function, |position| match arguments.get(position) {
        Some(Argument::Text(text)) => Some(text),
        Some(Argument::Whole(_)) | None => None,
    });
    let mut made = "left from before".to_owned();
    Ok(match call.apply(arguments, &mut made)? {
        Given::Null => Found::Null,
        Given::Bool(value) => Found::Bool(value),
        Given::Whole(number) => Found::Whole(number),
        Given::Part(part) => Found::Text(part.to_owned()),
        Given::Made => Found::Text(made),
    })
}

fn call(function: TextFunction, arguments: &[Argument<'_>]) -> Found {
    try_call(function, arguments).expect("a result")
}

fn text(text: &str) -> Found {
    Found::Text(text.to_owned())
}

use Argument::{Text as T, Whole as N};

#[test]
fn slices_count_characters_and_keep_within_the_text() {
    let slice = |x, start, length: Option<i64>| {
        let mut arguments = vec![T(x), N(start)];
        arguments.extend(length.map(N));
        call(TextFunction::Slice, &arguments)
    };
    for (x, start, length, expected) in [
        ("héllo", 1, Some(3), "éll"),
        ("héllo", 1, None, "éllo"),
        ("héllo", -2, None, "lo"),
        ("héllo", -4, Some(2), "él"),
        ("abc", -5, Some(3), "a"),
        ("abc", -5, Some(2), ""),
        ("abc", -5, None, "abc"),
        ("abc", 3, Some(1), ""),
        ("abc", 4, None, ""),
        ("abc", 0, Some(0), ""),
        ("abc", 0, Some(-1), ""),
        ("abc", 1, Some(i64::MAX), "bc"),
        ("abc", i64::MAX, Some(i64::MAX), ""),
        ("abc", i64::MIN, Some(i64::MAX), "ab"),
        ("abc", i64::MIN, None, "abc"),
        ("", 0, Some(1), ""),
        ("日本語", 1, Some(1), "本"),
        ("e\u{301}x", 1, Some(1), "\u{301}"),
    ] {
        assert_eq!(
            slice(x, start, length),
            text(expected),
            "{x} {start} {length:?}"
        );
    }
}

#[test]
fn case_is_that_of_unicode() {
    let upper = |x| call(TextFunction::Upper, &[T(x)]);
    let lower = |x| call(TextFunction::Lower, &[T(x)]);
    assert_eq!(upper("straße"), text("STRASSE"));
    assert_eq!(upper("éa1"), text("ÉA1"));
    assert_eq!(upper("i\u{131}"), text("II"));
    assert_eq!(lower("\u{130}I"), text("i\u{307}i"));
    assert_eq!(lower("ΟΔΟΣ"), text("οδος"));
    assert_eq!(lower("ABC"), text("abc"));
    assert_eq!(upper(""), text(""));
}

/// By Python's `str.title` of one letter each, but for words with marks and apostrophes.
#[test]
fn title_case_is_that_of_unicode() {
    let title = |x| call(TextFunction::Title, &[T(x)]);
    for (x, expected) in [
        ("", ""),
        ("NEW york-city", "New York-City"),
        ("don't stop, o\u{2019}neill", "Don't Stop, O\u{2019}neill"),
        ("'tis 3rd first_name", "'Tis 3rd First_Name"),
        ("e\u{301}te\u{301} été", "E\u{301}te\u{301} Été"),
        ("straße ßa ﬁn ﬃx", "Straße Ssa Fin Ffix"),
        ("ΟΔΟΣ σ ᾳδω ᾴ ᾀ", "Οδος Σ ᾼδω \u{386}\u{345} ᾈ"),
        ("Ǆungla ǆ ǲ", "ǅungla ǅ ǲ"),
        ("ქართული Ქართული", "ქართული Ქართული"),
        ("\u{130}STANBUL ŉ", "\u{130}stanbul \u{2bc}N"),
        ("և ﬓ", "Եւ Մն"),
    ] {
        assert_eq!(title(x), text(expected), "{x}");
    }
}

#[test]
fn parts_count_from_both_ends() {
    let part = |x, separator, n| call(TextFunction::SplitPart, &[T(x), T(separator), N(n)]);
    let count = |x, separator| call(TextFunction::SplitCount, &[T(x), T(separator)]);
    assert_eq!(part("a,b,,c", ",", 0), text("a"));
    assert_eq!(part("a,b,,c", ",", 2), text(""));
    assert_eq!(part("a,b,,c", ",", 4), Found::Null);
    assert_eq!(part("a,b,,c", ",", -1), text("c"));
    assert_eq!(part("a,b,,c", ",", -4), text("a"));
    assert_eq!(part("a,b,,c", ",", -5), Found::Null);
    assert_eq!(part("aaa", "aa", -1), text("a"));
    assert_eq!(part("", ",", 0), text(""));
    assert_eq!(part("né", "", 1), text("é"));
    assert_eq!(part("né", "", -2), text("n"));
    assert_eq!(part("né", "", 2), Found::Null);
    assert_eq!(part("x", ",", i64::MIN), Found::Null);
    assert_eq!(count("a,b,,c", ","), Found::Whole(4));
    assert_eq!(count("", ","), Found::Whole(1));
    assert_eq!(count("né", ""), Found::Whole(2));
    assert_eq!(count("", ""), Found::Whole(0));
}

#[test]
fn padding_and_repeating_stop_at_the_limit() {
    let pad = |x, length, fill| call(TextFunction::PadStart, &[T(x), N(length), T(fill)]);
    assert_eq!(pad("7", 3, "0"), text("007"));
    assert_eq!(pad("é", 4, "ab"), text("abaé"));
    assert_eq!(pad("long", 2, "0"), text("long"));
    assert_eq!(pad("x", 5, ""), text("x"));
    assert_eq!(pad("x", -5, "0"), text("x"));
    assert_eq!(
        call(TextFunction::PadEnd, &[T("é"), N(4), T("ñu")]),
        text("éñuñ")
    );
    let repeat = |x, n| try_call(TextFunction::Repeat, &[T(x), N(n)]);
    assert_eq!(repeat("ab", 3), Ok(text("ababab")));
    assert_eq!(repeat("ab", -3), Ok(text("")));
    assert_eq!(repeat("", i64::MAX), Ok(text("")));
    let bytes = MAX_BYTES as u64 + 1;
    assert_eq!(repeat("a", bytes as i64), Err(TextError::TooLong { bytes }));
    assert_eq!(
        repeat("ab", i64::MAX),
        Err(TextError::TooLong {
            bytes: u64::MAX - 1
        })
    );
    let padded = try_call(TextFunction::PadEnd, &[T("a"), N(i64::MAX)]);
    assert!(matches!(padded, Err(TextError::TooLong { .. })));
    let many = "a".repeat(1 << 13);
    let replaced = try_call(TextFunction::Replace, &[T(&many), T("a"), T(&many)]);
    assert!(matches!(replaced, Err(TextError::TooLong { .. })));
}

#[test]
fn replacing() {
    let replace = |x, old, new| call(TextFunction::Replace, &[T(x), T(old), T(new)]);
    assert_eq!(replace("aaa", "aa", "b"), text("ba"));
    assert_eq!(replace("abc", "x", "y"), text("abc"));
    assert_eq!(replace("abc", "", "-"), text("-a-b-c-"));
    assert_eq!(replace("", "", "-"), text("-"));
    assert_eq!(replace("a.b", ".", ""), text("ab"));
    assert_eq!(replace("a", "a", ""), text(""));
}

#[test]
fn distances() {
    let distance = |a, b| call(TextFunction::Levenshtein, &[T(a), T(b)]);
    assert_eq!(distance("kitten", "sitting"), Found::Whole(3));
    assert_eq!(distance("flaw", "lawn"), Found::Whole(2));
    assert_eq!(distance("", "abc"), Found::Whole(3));
    assert_eq!(distance("same", "same"), Found::Whole(0));
    assert_eq!(distance("é", "e"), Found::Whole(1));
    assert_eq!(distance("ab", "ba"), Found::Whole(2));
    assert_eq!(distance("aXbXc", "abc"), Found::Whole(2));
    let (long, other) = ("ab".repeat(1 << 14), "ba".repeat(1 << 14));
    let too_much = try_call(TextFunction::Levenshtein, &[T(&long), T(&other)]);
    // Both end in neither the same nor begin with it.
    assert_eq!(too_much, Err(TextError::TooManyPairs { pairs: 1 << 30 }));
}

#[test]
fn patterns() {
    let replace = |x, pattern, template| {
        try_call(TextFunction::RegexReplace, &[T(x), T(pattern), T(template)])
    };
    assert_eq!(
        replace(
            "2013-01-31",
            r"(\d+)-(?<month>\d+)-(\d+)",
            "$3.${month}.$1 $$ $0"
        ),
        Ok(text("31.01.2013 $ 2013-01-31"))
    );
    assert_eq!(replace("abc", "b", "[$0]"), Ok(text("a[b]c")));
    assert_eq!(replace("abc", "", "-"), Ok(text("-a-b-c-")));
    assert_eq!(replace("abc", "x", "-"), Ok(text("abc")));
    assert_eq!(replace("a1b22", "[0-9]+|(x)", "<$1>"), Ok(text("a<>b<>")));
    for (template, at) in [("a$", 1), ("é$x", 1), ("$2", 0), ("${none}", 0), ("${1", 0)] {
        let Err(TextError::Pattern(error)) = replace("x", "(x)", template) else {
            panic!("{template} is refused");
        };
        assert_eq!(error.position, Some(at), "{template}: {error}");
        assert_eq!(error.what, "replacement");
    }
    let like = |x, pattern| call(TextFunction::Like, &[T(x), T(pattern)]);
    for (x, pattern, expected) in [
        ("abc", "a%", true),
        ("abc", "A%", false),
        ("abc", "_b_", true),
        ("abc", "b", false),
        ("né", "n_", true),
        ("a\nb", "a%b", true),
        ("50%", r"50\%", true),
        ("501", r"50\%", false),
        ("a.c", "a.c", true),
        ("abc", "a.c", false),
        ("", "", true),
        ("", "%", true),
        ("", "_", false),
    ] {
        assert_eq!(
            like(x, pattern),
            Found::Bool(expected),
            "{x} like {pattern}"
        );
    }
}

#[test]
fn what_is_no_pattern_is_told_where() {
    let check = |function, pattern: &'static str| {
        check_pattern(function, |position| (position == 1).then_some(pattern))
    };
    let (position, error) = check(TextFunction::Matches, "é(b").unwrap_err();
    assert_eq!((position, error.position), (1, Some(1)));
    assert_eq!(
        error.to_string(),
        "\"é(b\" is no pattern: unclosed group (at character 2)"
    );
    assert!(check(TextFunction::Matches, r"(\w{1000}){1000}").is_err());
    assert!(check(TextFunction::Like, r"a\b").is_err());
    assert!(check(TextFunction::Extract { group: 2 }, "(a)").is_err());
    assert!(check(TextFunction::Extract { group: 1 }, "(a)").is_ok());
    assert!(check(TextFunction::Matches, r"(a)\1").is_err());
    assert_eq!(group_named("(a)(?P<b>c)", "b"), Ok(2));
    assert!(group_named("(a)", "b").is_err());
}

#[test]
fn a_pattern_takes_linear_time() {
    let x = "a".repeat(100_000);
    let pattern = "(a|aa)+$b";
    assert_eq!(
        call(TextFunction::Matches, &[T(&x), T(pattern)]),
        Found::Bool(false)
    );
}

#[test]
fn letters_are_those_of_the_version_that_canonical_text_names() {
    let (major, minor, _) = char::UNICODE_VERSION;
    assert_eq!(format!("{major}.{minor}"), crate::graph::UNICODE_VERSION);
}
