//! `icosian explain-error`.

use std::io::Write;

use icosian::diagnostic::Code;

use super::arguments::ExplainErrorArguments;
use super::console::Console;
use super::exit::{Failure, Outcome};

/// Prints a code's page of the catalogue; without a code, all codes and what they are.
pub(crate) fn explain_error(arguments: &ExplainErrorArguments, console: &mut Console) -> Outcome {
    let Some(text) = &arguments.code else {
        for code in Code::ALL {
            writeln!(console.out, "{code}  {}", code.title())?;
        }
        return Ok(());
    };
    let Some(code) = Code::from_text(text) else {
        let message = format!("there is no error code {text:?}");
        return Err(Failure::call(message, "`icosian explain-error` lists them"));
    };
    write!(console.out, "{}", code.explanation())?;
    Ok(())
}
