//! Functions of text.

use icosian_ir::op::TextFunction;

use super::parameters::{
    A_B, X, X_CHARACTERS, X_LENGTH_FILL, X_PATTERN, X_Y, optional, repeated, required,
};
use super::{Function, Meaning};

functions! {
    "length" X, Meaning::Text(TextFunction::Length), "how many characters a text has", "length(name)";
    "byte_length" X, Meaning::Text(TextFunction::ByteLength), "how many bytes a text has in UTF-8", "byte_length(name)";
    "slice" &[required("x"), required("start"), optional("length")], Meaning::Text(TextFunction::Slice), "the characters from position start on, from the end if negative; length of them, else all", "tailnum.slice(0, 2)";
    "concat" &[required("a"), repeated("b")], Meaning::Text(TextFunction::Concat), "any number of texts, one after the other; also a + b", "concat(first, \" \", last)";
    "upper" X, Meaning::Text(TextFunction::Upper), "in capital letters", "upper(code)";
    "lower" X, Meaning::Text(TextFunction::Lower), "in small letters", "lower(email)";
    "title" X, Meaning::Text(TextFunction::Title), "each word with a capital letter first and small ones after", "title(city)";
    "trim" X_CHARACTERS, Meaning::Text(TextFunction::Trim), "without white space at both ends, or without any of these characters", "trim(name)";
    "trim_start" X_CHARACTERS, Meaning::Text(TextFunction::TrimStart), "without white space, or these characters, at the beginning", "trim_start(code, \"0\")";
    "trim_end" X_CHARACTERS, Meaning::Text(TextFunction::TrimEnd), "without white space, or these characters, at the end", "trim_end(line, \".\")";
    "pad_start" X_LENGTH_FILL, Meaning::Text(TextFunction::PadStart), "filled up at the beginning to so many characters, with spaces unless told", "pad_start(zip, 5, \"0\")";
    "pad_end" X_LENGTH_FILL, Meaning::Text(TextFunction::PadEnd), "filled up at the end to so many characters, with spaces unless told", "pad_end(code, 4)";
    "contains" X_Y, Meaning::Text(TextFunction::Contains), "whether the text y is somewhere in x", "title.contains(\"sale\")";
    "starts_with" X_Y, Meaning::Text(TextFunction::StartsWith), "whether x begins with y", "tailnum.starts_with(\"N\")";
    "ends_with" X_Y, Meaning::Text(TextFunction::EndsWith), "whether x ends with y", "file.ends_with(\".csv\")";
    "find" X_Y, Meaning::Text(TextFunction::Find), "the position of the first y in x, from 0; null if there is none", "email.find(\"@\")";
    "replace" &[required("x"), required("old"), required("new")], Meaning::Text(TextFunction::Replace), "every old in x made new", "price.replace(\",\", \"\")";
    "split_part" &[required("x"), required("separator"), required("n")], Meaning::Text(TextFunction::SplitPart), "part n of x cut at the separators, from 0, from the end if negative; null if there is none", "email.split_part(\"@\", 1)";
    "split_count" &[required("x"), required("separator")], Meaning::Text(TextFunction::SplitCount), "how many parts the separators make of x", "path.split_count(\"/\")";
    "reverse" X, Meaning::Text(TextFunction::Reverse), "the characters from last to first", "reverse(code)";
    "repeat" &[required("x"), required("n")], Meaning::Text(TextFunction::Repeat), "x written n times", "repeat(\"*\", stars)";
    "levenshtein" A_B, Meaning::Text(TextFunction::Levenshtein), "the fewest characters to insert, delete or exchange to make b of a", "levenshtein(city, other_city)";
    "matches" X_PATTERN, Meaning::Text(TextFunction::Matches), "whether a regular expression matches somewhere in x", "tailnum.matches(\"^N[0-9]+\")";
    "extract" &[required("x"), required("pattern"), optional("group")], Meaning::Text(TextFunction::Extract { group: 0 }), "the first match of a regular expression, or a group of it by number or name; null if there is none", "email.extract(\"@(.*)\", 1)";
    "regex_replace" &[required("x"), required("pattern"), required("new")], Meaning::Text(TextFunction::RegexReplace), "every match of a regular expression made new, where $1 and ${name} are its groups", "phone.regex_replace(\"[^0-9]\", \"\")";
    "regex_count" X_PATTERN, Meaning::Text(TextFunction::RegexCount), "how often a regular expression matches, without overlaps", "note.regex_count(\"[0-9]+\")";
    "like" X_PATTERN, Meaning::Text(TextFunction::Like), "whether all of x is as an SQL pattern says: % any text, _ any character", "name.like(\"Mc%\")";
}
