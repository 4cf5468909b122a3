//! Machine code against the interpreter, op by op and in random programs.

mod elementwise;
mod harness;
mod kernels;
mod programs;
mod values;
