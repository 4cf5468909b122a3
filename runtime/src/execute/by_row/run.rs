//! The steps of a row program, each over a few rows.

use icosian_ir::interpret::fold;
use icosian_ir::meaning::hash;
use icosian_ir::meaning::text::Argument;
use icosian_ir::meaning::time::evaluate::Evaluation;
use icosian_ir::meaning::time::instant::Datum;
use icosian_ir::meaning::time::zone::ZoneSpans;
use icosian_ir::op::Op;
use icosian_ir::types::Type;
use icosian_ir::value::Value;
use smallvec::SmallVec;

use crate::error::{RunError, internal};
use crate::execute::by_row::buffers::Buffers;
use crate::execute::by_row::lookup::is_error;
use crate::execute::by_row::step::{Choice, Operand, Step, Target};
use crate::execute::by_row::texts::{TextCell, Texts};
use crate::execute::by_row::windows::{WindowState, WindowWork};
use crate::execute::by_row::{RowProgram, RowState, replay};
use crate::execute::row_text::{Arguments, RowOp, RowResult, value_of};
use crate::execute::wide::WideSegment;
use crate::text::Cell;

/// What steps work on.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) buffers: Buffers,
    pub(crate) texts: Texts,
    /// The key of a lookup: which of its parts are null, then the parts.
    pub(super) words: Vec<u64>,
    /// The words that conditions compare.
    pub(super) compared: Vec<u64>,
    made: String,
    pub(crate) windows: WindowWork,
}

impl RowState {
    /// Computes the outputs of the first `rows` rows. Inputs stay as they are until they are given anew.
    /// Windows take the rows after those of the states before, one state of each
    /// [list of keys](RowProgram::window_keys).
    ///
    /// # Errors
    /// If an input that can't be null was never given, there is no room for so many rows, or a row of an
    /// output or of what a window looks at is an error: that of the lowest row. If the states are not of
    /// this program, the rows are of another key than a state's, or not in the order of a window. The
    /// states are then as before.
    pub fn run(&mut self, rows: usize, states: &mut [&mut WindowState]) -> Result<(), RunError> {
        if self.missing > 0 || rows > self.capacity {
            return Err(self.refused(rows));
        }
        let RowState {
            program, machine, ..
        } = self;
        let windows = &program.windows;
        if windows.groups.is_empty() && states.is_empty() {
            return RowState::compute(program, machine, rows, states);
        }
        windows.begin(&mut machine.windows, states)?;
        let computed = RowState::compute(program, machine, rows, states);
        match computed.and_then(|()| machine.windows.end()) {
            Ok(()) => windows.commit(machine, states, rows),
            Err(error) => {
                windows.roll_back(&mut machine.windows, states);
                Err(error)
            }
        }
    }

    fn compute(
        program: &RowProgram,
        machine: &mut Machine,
        rows: usize,
        states: &mut [&mut WindowState],
    ) -> Result<(), RunError> {
        machine.texts.begin();
        if let Some(interpreted) = &program.interpreted {
            return interpreted.run(program, machine, rows, states);
        }
        let pads = program.pads && !rows.is_multiple_of(8);
        if pads {
            for input in &program.inputs {
                if program.places[input.slot].lane.is_some() {
                    machine.buffers.pad(input.slot, rows);
                }
            }
        }
        let mut flagged = program.always_replay;
        for step in &program.steps {
            flagged |= match step {
                Step::Carry(step) => program.windows.step(machine, states, *step, rows, pads)?,
                step => machine.step(step, rows, pads)?,
            };
        }
        if flagged {
            replay::replay(program, machine, rows)?;
        }
        Ok(())
    }

    #[cold]
    fn refused(&self, rows: usize) -> RunError {
        let mut inputs = self.program.inputs.iter().zip(&self.given);
        match inputs.find(|(_, given)| !**given) {
            Some((input, _)) => RunError::MissingColumn {
                table: self.program.columns.tables[self.program.table].name.clone(),
                column: input.name.clone(),
            },
            None => RunError::Data {
                what: "rows at once".to_owned(),
                expected: format!("at most {}", self.capacity),
                found: rows.to_string(),
            },
        }
    }
}

impl Machine {
    pub(crate) fn new(buffers: Buffers, texts: Texts) -> Machine {
        Machine {
            buffers,
            texts,
            words: Vec::with_capacity(65),
            compared: Vec::with_capacity(16),
            made: String::with_capacity(256),
            windows: WindowWork::default(),
        }
    }

    #[inline]
    pub(super) fn word(&self, operand: Operand, row: usize) -> Option<u64> {
        match operand {
            Operand::Lane(slot) => self.buffers.word(slot, row),
            Operand::Word(word) => word,
            Operand::Text(_) | Operand::Constant(_) | Operand::Units(_) => None,
        }
    }

    /// A decimal, in units of its last place.
    pub(super) fn units(&self, operand: Operand, row: usize) -> Option<i128> {
        match operand {
            Operand::Lane(slot) => self.buffers.value(slot, row),
            Operand::Units(units) => units,
            Operand::Text(_) | Operand::Constant(_) | Operand::Word(_) => None,
        }
    }

    #[inline]
    fn cell(&self, operand: Operand, row: usize) -> TextCell {
        match operand {
            Operand::Text(column) => self.texts.cell(column, row),
            Operand::Constant(cell) => cell,
            Operand::Lane(_) | Operand::Word(_) | Operand::Units(_) => TextCell::Null,
        }
    }

    #[inline]
    pub(super) fn text(&self, operand: Operand, row: usize) -> Cell<'_> {
        self.texts.text(self.cell(operand, row))
    }

    fn argument(&self, operand: Operand, row: usize) -> Option<Argument<'_>> {
        match operand {
            Operand::Lane(_) | Operand::Word(_) | Operand::Units(_) => {
                let word = self.word(operand, row);
                word.map(|word| Argument::Whole(word as i64))
            }
            Operand::Text(_) | Operand::Constant(_) => self.text(operand, row).map(Argument::Text),
        }
    }

    /// Runs a step over the first `rows` rows, and repeats the last of them behind it if it `pads`; true
    /// if some row may have raised.
    #[inline]
    fn step(&mut self, step: &Step, rows: usize, pads: bool) -> Result<bool, RunError> {
        let (raised, padded) = match step {
            Step::Fused(call) => return Ok(self.buffers.run(*call, rows)),
            Step::Carry(_) => return Err(internal("a window without its state")),
            Step::Wide {
                routine,
                operands,
                output,
                nullable,
            } => {
                self.wide(*routine, *operands, *output, *nullable, rows);
                return Ok(false);
            }
            Step::Text {
                op,
                operands,
                output,
            } => (self.text_op(op, operands, *output, rows)?, *output),
            Step::Choose {
                choice,
                operands,
                output,
            } => {
                (0..rows).for_each(|row| self.choose(*choice, operands, *output, row));
                (false, *output)
            }
            Step::Time {
                function,
                from,
                zone,
                operands,
                output,
            } => {
                let evaluation = Evaluation::new(*function, *from, zone.as_deref());
                let raised = self.time(&evaluation, operands, *output, rows);
                (raised, Target::Lane(*output))
            }
            Step::Calendar {
                moments,
                per_second,
                outputs,
            } => return Ok(self.calendar(*moments, *per_second, outputs, rows, pads)),
            Step::Decimal {
                op,
                operands,
                types,
                to,
                output,
            } => {
                let mut raised = false;
                for row in 0..rows {
                    let found = self.decimal(op, operands, (types, *to), row);
                    raised |= found.is_none();
                    self.put(*output, row, &found.unwrap_or(Value::Null))?;
                }
                (raised, *output)
            }
            Step::OneOf {
                set,
                has_null,
                part,
                output,
            } => {
                self.one_of(set, *has_null, *part, *output, rows);
                (false, Target::Lane(*output))
            }
            Step::Lookup {
                built,
                keys,
                null_matches,
                output,
                ..
            } => {
                for row in 0..rows {
                    let found = self.find_key(&built.keys, keys, *null_matches, row);
                    let found = found
                        .and_then(|number| built.row(number as u32))
                        .map(u64::from);
                    self.buffers.put_word(*output, row, found);
                }
                (false, Target::Lane(*output))
            }
            Step::Find {
                built,
                keys,
                conditions,
                compared,
                takes_last,
                output,
                ..
            } => {
                for row in 0..rows {
                    let found = self.find(built, keys, (conditions, compared), *takes_last, row);
                    self.buffers.put_word(*output, row, found);
                }
                (false, Target::Lane(*output))
            }
            Step::Gather {
                from,
                rows: there,
                output,
                ..
            } => {
                let raised = self.gather(from, *there, *output, rows);
                (raised, Target::Lane(*output))
            }
            Step::GatherText {
                from,
                cells,
                rows: there,
                output,
                ..
            } => {
                let mut raised = false;
                for row in 0..rows {
                    let found = self.buffers.word(*there, row);
                    let found = found.map(|there| there as usize);
                    raised |= found.is_some_and(|there| is_error(from, there));
                    let cell = found.map_or(TextCell::Null, |there| cells[there]);
                    self.texts.put(*output, row, cell);
                }
                (raised, Target::Text(*output))
            }
        };
        if let (true, Target::Lane(slot)) = (pads, padded) {
            self.buffers.pad(slot, rows);
        }
        Ok(raised)
    }

    /// Stores a value.
    pub(super) fn put(
        &mut self,
        target: Target,
        row: usize,
        value: &Value,
    ) -> Result<(), RunError> {
        match (target, value) {
            (Target::Text(column), Value::Str(text)) => {
                return self.texts.put_made(column, row, text);
            }
            (Target::Text(column), _) => self.texts.put(column, row, TextCell::Null),
            (Target::Lane(slot), value) => self.buffers.put(slot, row, value),
        }
        Ok(())
    }

    /// A row of an op over decimals, as the interpreter has it; none if it raises.
    fn decimal(
        &self,
        op: &Op,
        operands: &[Operand],
        (types, to): (&[Type], Type),
        row: usize,
    ) -> Option<Value> {
        let value = |(operand, ty): (&Operand, &Type)| {
            let value = match operand {
                Operand::Lane(slot) => return self.buffers.get_value(*slot, row),
                Operand::Units(units) => units.map(Value::Integer),
                Operand::Word(word) => word.map(|word| value_of(word, ty.scalar)),
                Operand::Text(_) | Operand::Constant(_) => {
                    (self.text(*operand, row)).map(|text| Value::Str(text.into()))
                }
            };
            value.unwrap_or(Value::Null)
        };
        let mut values: SmallVec<[Value; 3]> = operands.iter().zip(types).map(value).collect();
        match op {
            Op::Broadcast(_) => values.pop(),
            op => fold(op, &values, types, to),
        }
    }

    fn wide(
        &mut self,
        routine: WideSegment,
        operands: [usize; 2],
        output: usize,
        nullable: bool,
        rows: usize,
    ) {
        let padded = rows.next_multiple_of(8);
        let ([first, second], values) = self.buffers.split(operands, output);
        routine.run(first, second, values, padded);
        if nullable {
            for byte in 0..padded / 8 {
                let of = |operand: usize| self.buffers.get(operand).1[byte];
                let valid = of(operands[0]) & of(operands[1]);
                self.buffers.get_mut(output).1[byte] = valid;
            }
        }
    }

    fn text_op(
        &mut self,
        op: &RowOp,
        operands: &[Operand],
        output: Target,
        rows: usize,
    ) -> Result<bool, RunError> {
        let mut made = std::mem::take(&mut self.made);
        let mut raised = false;
        let mut stored = Ok(());
        for row in 0..rows {
            let arguments: Option<Arguments<'_>> = (operands.iter())
                .map(|operand| self.argument(*operand, row))
                .collect();
            let result =
                arguments.map_or(RowResult::Null, |arguments| op.apply(&arguments, &mut made));
            let (is_text, word) = match result {
                RowResult::Text(text) => {
                    made.clear();
                    made.push_str(text);
                    (true, None)
                }
                RowResult::Made => (true, None),
                RowResult::Word(word) => (false, Some(word)),
                RowResult::Null => (false, None),
                RowResult::Failed => {
                    raised = true;
                    (false, None)
                }
            };
            match output {
                Target::Lane(slot) => self.buffers.put_word(slot, row, word),
                Target::Text(column) if is_text => {
                    stored = stored.and(self.texts.put_made(column, row, &made));
                }
                Target::Text(column) => self.texts.put(column, row, TextCell::Null),
            }
        }
        self.made = made;
        stored.map(|()| raised)
    }

    fn choose(&mut self, choice: Choice, operands: &[Operand], output: Target, row: usize) {
        let [first, rest @ ..] = operands else { return };
        let second = rest.first().copied().unwrap_or(*first);
        let third = rest.get(1).copied().unwrap_or(second);
        let chosen = match choice {
            Choice::IsNull | Choice::Hash => {
                let text = self.text(*first, row);
                let word = match choice {
                    Choice::Hash => self.word(second, row).map(|state| match text {
                        None => hash::step(state, hash::NULL),
                        Some(text) => hash::text(state, text),
                    }),
                    _ => Some(text.is_none().into()),
                };
                if let Target::Lane(slot) = output {
                    self.buffers.put_word(slot, row, word);
                }
                return;
            }
            Choice::IfElse if self.word(*first, row) == Some(1) => self.cell(second, row),
            Choice::IfElse => self.cell(third, row),
            Choice::Coalesce => match self.cell(*first, row) {
                TextCell::Null => self.cell(second, row),
                cell => cell,
            },
            Choice::Minimum | Choice::Maximum => {
                match (self.text(*first, row), self.text(second, row)) {
                    (Some(a), Some(b)) => {
                        let takes_first = match choice {
                            Choice::Minimum => a <= b,
                            _ => a >= b,
                        };
                        self.cell(if takes_first { *first } else { second }, row)
                    }
                    _ => TextCell::Null,
                }
            }
            Choice::Broadcast => self.cell(*first, row),
        };
        if let Target::Text(column) = output {
            self.texts.put(column, row, chosen);
        }
    }

    fn time(
        &mut self,
        evaluation: &Evaluation<&ZoneSpans>,
        operands: &[Operand],
        output: usize,
        rows: usize,
    ) -> bool {
        let mut raised = false;
        for row in 0..rows {
            let first = self.word(operands[0], row);
            let second = match operands.get(1) {
                Some(operand) => self.word(*operand, row),
                None => Some(0),
            };
            let found = match (first, second) {
                (Some(first), Some(second)) => match evaluation.row(first as i64, second as i64) {
                    Ok(found) => found,
                    Err(_) => {
                        raised = true;
                        Some(0)
                    }
                },
                _ => None,
            };
            self.buffers
                .put_word(output, row, found.map(|found| found as u64));
        }
        raised
    }

    fn calendar(
        &mut self,
        moments: usize,
        per_second: Option<i64>,
        outputs: &[(Datum, usize)],
        rows: usize,
        pads: bool,
    ) -> bool {
        let mut raised = false;
        for (datum, output) in outputs {
            for row in 0..rows {
                let word = self.buffers.word(moments, row).map(|word| word as i64);
                let found = word.map(|value| {
                    let found = datum.of(value, per_second);
                    raised |= found.is_none();
                    found.unwrap_or(0) as u64
                });
                self.buffers.put_word(*output, row, found);
            }
            if pads {
                self.buffers.pad(*output, rows);
            }
        }
        raised
    }
}
