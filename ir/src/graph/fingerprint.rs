//! A number that stands for a graph: a hash of its canonical text, the same in every process, on
//! every machine and in every version that prints the same text.
//!
//! The hash is the 128-bit FNV-1a of the text's UTF-8 bytes: from 0x6c62272e07bb014262b821756295c58d,
//! for each byte: exclusive or with the byte, then multiply by 2⁸⁸ + 0x13b modulo 2¹²⁸. Its
//! definition fits into a line of any language. It tells graphs apart that differ by mistake or
//! over time; it is no defence against someone who looks for two graphs with one number.

use std::fmt::{self, Write};

use super::Graph;

/// The hash of a graph's canonical text. Prints as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// The hash of a text.
    pub fn of_text(text: &str) -> Fingerprint {
        Fingerprint::of_bytes(text.as_bytes())
    }

    /// The hash of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Fingerprint {
        let mut hash = Hasher::new();
        hash.add(bytes);
        Fingerprint(hash.0)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Graph {
    /// The graph's number: equal for graphs of one canonical text, its first line with the versions
    /// included.
    ///
    /// ```
    /// use icosian_ir::graph::{Fingerprint, Graph};
    ///
    /// let graph = Graph::default();
    /// assert_eq!(graph.fingerprint(), Fingerprint::of_text(&graph.to_string()));
    /// ```
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Hasher::new();
        // The hasher takes every text.
        let _ = write!(hash, "{self}");
        Fingerprint(hash.0)
    }
}

/// FNV-1a of 128 bits.
struct Hasher(u128);

impl Hasher {
    fn new() -> Self {
        Hasher(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn add(&mut self, bytes: &[u8]) {
        const PRIME: u128 = (1 << 88) + 0x13b;
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    }
}

impl fmt::Write for Hasher {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;
    use crate::graph::{BinaryOperator, GraphBuilder, TableRows};
    use crate::types::ScalarType;
    use crate::value::Value;

    #[test]
    fn the_hash_is_fnv_1a() {
        // The published offset basis and the published value for "foobar".
        assert_eq!(
            Fingerprint::of_text("").to_string(),
            "6c62272e07bb014262b821756295c58d"
        );
        assert_eq!(
            Fingerprint::of_text("foobar").to_string(),
            "343e1662793c64bf6f0d3597ba446f18"
        );
    }

    /// The expected value was computed outside, from the text in the comment.
    #[test]
    fn a_graph_has_the_number_of_its_text() {
        let mut builder = GraphBuilder::new();
        let rows = TableRows::Source(None);
        let table = builder.table("t", "", rows).unwrap();
        let ty = ScalarType::F64.required();
        let x = builder.column(table, "x", "x", ty).unwrap();
        let x = builder.use_node(x);
        let two = builder.literal(Value::F64(2.0));
        let double = builder.binary(BinaryOperator::Mul, x, two).unwrap();
        builder.define(None, "double", double).unwrap();
        let graph = builder.finish();
        let text = "# icosian flow, language 1, unicode 17.0, time zones 2025b\n\
                    table t {\n    x: f64\n}\nextend t {\n    double: f64 = x * 2.0\n}\n";
        assert_eq!(graph.to_string(), text);
        assert_eq!(
            graph.fingerprint().to_string(),
            "b7dfb151f99a88150aa88614035fc31f"
        );
    }
}
