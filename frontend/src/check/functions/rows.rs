//! What depends on the row alone, or stands for values: random numbers, hashes, row numbers.

use super::parameters::{optional, repeated, required};
use super::{Function, Meaning};
use crate::check::random::Random;

functions! {
    "random" &[required("seed")], Meaning::Random(Random::Uniform), "a number in [0, 1) that depends on the row and the seed alone", "random(7)";
    "random_normal" &[required("seed")], Meaning::Random(Random::Normal), "a normally distributed number that depends on the row and the seed alone", "random_normal(7)";
    "random_exponential" &[required("seed")], Meaning::Random(Random::Exponential), "an exponentially distributed number of mean 1 that depends on the row and the seed alone", "random_exponential(7)";
    "random_bool" &[required("seed"), required("p")], Meaning::Random(Random::Bool), "true with probability p, by the row and the seed alone", "random_bool(7, 0.2)";
    "random_integer" &[required("seed"), required("low"), required("high")], Meaning::Random(Random::Integer), "a whole number from low to below high, by the row and the seed alone", "random_integer(7, 0, 10)";
    "hash" &[repeated("x"), optional("seed")], Meaning::Hash, "a number that stands for the values, the same everywhere and for ever", "hash(customer, day) % 10";
    "row_index" &[], Meaning::RowIndex, "the number of each row of the table, from 0", "row_index()";
}
