//! A look at a Parquet footer before it is parsed.
//!
//! The footer is Thrift, compact protocol. Its parser reserves room for as many row groups as the
//! footer claims to have before it reads one; a few bytes can claim two thousand million, and an
//! allocation that fails ends the process. So lists are checked first against what is left to read:
//! every element takes a byte at least. Anything else wrong is left for the parser to tell.

/// How deep lists and structs may nest; Parquet needs five.
const GREATEST_DEPTH: usize = 64;

/// What is left of a list, or a struct whose end is marked.
enum Open {
    Struct,
    List { element: u8, left: usize },
}

/// Whether every list of a footer could have as many elements as it claims.
pub(super) fn is_plausible(footer: &[u8]) -> bool {
    let mut walk = Walk { rest: footer };
    // The end of the walk, whether or not at the end of the footer, is no contradiction.
    walk.first_impossible_list().is_none()
}

struct Walk<'a> {
    rest: &'a [u8],
}

/// A list that claims more than there is.
struct Impossible;

impl Walk<'_> {
    fn first_impossible_list(&mut self) -> Option<Impossible> {
        let mut open = vec![Open::Struct];
        loop {
            // What comes next in the innermost list or struct.
            let kind = match open.last_mut()? {
                Open::List { left: 0, .. } => {
                    open.pop();
                    continue;
                }
                Open::List { element, left } => {
                    *left -= 1;
                    // Alone they take a byte; in a field's header none.
                    if matches!(element, 1 | 2) {
                        3
                    } else {
                        *element
                    }
                }
                Open::Struct => {
                    let header = self.byte()?;
                    if header == 0 {
                        open.pop();
                        continue;
                    }
                    if header >> 4 == 0 {
                        self.variable()?;
                    }
                    header & 15
                }
            };
            match kind {
                1 | 2 => {}
                3 => self.pass(1)?,
                4..=6 => {
                    self.variable()?;
                }
                7 => self.pass(8)?,
                8 => {
                    let length = self.variable()?;
                    self.pass(usize::try_from(length).ok()?)?;
                }
                9 | 10 => {
                    let header = self.byte()?;
                    let left = match header >> 4 {
                        15 => self.variable()?,
                        few => u64::from(few),
                    };
                    if left > self.rest.len() as u64 {
                        return Some(Impossible);
                    }
                    open.push(Open::List {
                        element: header & 15,
                        left: left as usize,
                    });
                }
                12 => open.push(Open::Struct),
                _ => return None,
            }
            if open.len() > GREATEST_DEPTH {
                return None;
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    /// A number of seven bits per byte, the lowest first.
    fn variable(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_within_bounds() {
        // Field 1: i32 2; field 2: list of three bytes; field 3: a text; end.
        let footer = [0x15, 4, 0x19, 0x33, 7, 8, 9, 0x18, 2, b'a', b'b', 0];
        assert!(is_plausible(&footer));
        // Field 4: list of one struct, itself with a field, a bool.
        assert!(is_plausible(&[0x49, 0x1c, 0x11, 0, 0]));
        assert!(is_plausible(&[]));
    }

    #[test]
    fn lists_beyond_the_end() {
        // Field 4: a list of 2³¹ − 1 structs.
        let footer = [0x49, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0, 0];
        assert!(!is_plausible(&footer));
        assert!(!is_plausible(&[0x49, 0x3c, 0]));
    }
}
