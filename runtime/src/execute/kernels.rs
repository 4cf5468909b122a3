//! The kernels of a plan: segments of one shape share theirs.
//!
//! A shape is all that a kernel depends on: ops, constants, types, and which argument goes where;
//! not which columns they are. Flows that are generated, or unrolled by `for`, repeat themselves,
//! and compiling is most of the time to their first answer.

use std::collections::HashMap;
use std::sync::OnceLock;

use icosian_codegen::{CompileOptions, CompiledKernel, Nulls, compile};
use icosian_ir::columns::Columns;
use icosian_ir::id::ColumnId;
use icosian_ir::op::Op;
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::Type;
use icosian_ir::value::Value;

use crate::error::{RunError, internal};

/// The two variants of a kernel, each compiled when first needed.
type Variants = [OnceLock<Result<CompiledKernel, String>>; 2];

/// What a kernel depends on.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Shape {
    inputs: Vec<Type>,
    params: Vec<Type>,
    body: Vec<(Op, Type, Vec<Operand>)>,
    /// Positions in the body; a column that is stored as it was read by its operand.
    outputs: Vec<Operand>,
}

/// Where an argument comes from, and its value if that is known.
#[derive(PartialEq, Eq, Hash, Debug)]
struct Operand {
    place: Place,
    ty: Type,
    constant: Option<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Place {
    Input(usize),
    Param(usize),
    Body(usize),
    Constant,
    /// Nowhere: the compiler will say so.
    Unknown(ColumnId),
}

impl Shape {
    fn new(columns: &Columns, segment: &FusedSegment) -> Shape {
        let mut places: HashMap<ColumnId, Place> = HashMap::new();
        let positions = |ids: &[ColumnId]| ids.iter().copied().enumerate().collect::<Vec<_>>();
        for (position, id) in positions(&segment.params) {
            places.insert(id, Place::Param(position));
        }
        for (position, id) in positions(&segment.inputs) {
            places.insert(id, Place::Input(position));
        }
        for (position, id) in positions(&segment.body) {
            places.insert(id, Place::Body(position));
        }
        let operand = |id: &ColumnId| {
            let constant = constant(columns, *id);
            let place = match (places.get(id), &constant) {
                (Some(place), _) => *place,
                (None, Some(_)) => Place::Constant,
                (None, None) => Place::Unknown(*id),
            };
            Operand {
                place,
                ty: columns.ty(*id),
                constant,
            }
        };
        let types = |ids: &[ColumnId]| ids.iter().map(|id| columns.ty(*id)).collect();
        let body = segment.body.iter().map(|id| {
            let column = columns.column(*id);
            let operands = column.args.iter().map(operand).collect();
            (column.op.clone(), column.ty, operands)
        });
        Shape {
            inputs: types(&segment.inputs),
            params: types(&segment.params),
            body: body.collect(),
            outputs: segment.outputs.iter().map(operand).collect(),
        }
    }
}

/// The constant that a column is, broadcast or not: the compiler looks through that.
fn constant(columns: &Columns, mut id: ColumnId) -> Option<Value> {
    loop {
        let column = columns.column(id);
        match &column.op {
            Op::Literal(value) => return Some(value.clone()),
            Op::Broadcast(_) => id = *column.args.first()?,
            _ => return None,
        }
    }
}

/// Every kernel of a plan.
#[derive(Debug, Default)]
pub(crate) struct Kernels {
    /// For each pass and fused segment of it, the place of its kernel.
    places: Vec<Vec<usize>>,
    kernels: Vec<Variants>,
}

impl Kernels {
    /// Places for the kernels of each pass's fused segments. Nothing is compiled yet.
    pub(crate) fn new<'a>(
        columns: &Columns,
        passes: impl Iterator<Item = &'a [FusedSegment]>,
    ) -> Kernels {
        let mut known: HashMap<Shape, usize> = HashMap::new();
        let mut kernels = Vec::new();
        let mut place = |segment: &FusedSegment| {
            *known
                .entry(Shape::new(columns, segment))
                .or_insert_with(|| {
                    kernels.push(Variants::default());
                    kernels.len() - 1
                })
        };
        let places = passes
            .map(|segments| segments.iter().map(&mut place).collect())
            .collect();
        Kernels { places, kernels }
    }

    /// The kernel of a pass's fused segment, compiled now if none of its shape was needed before.
    pub(crate) fn get(
        &self,
        columns: &Columns,
        (pass, position): (usize, usize),
        segment: &FusedSegment,
        nulls: Nulls,
    ) -> Result<&CompiledKernel, RunError> {
        let variant = match nulls {
            Nulls::Absent => 0,
            Nulls::General => 1,
        };
        let options = CompileOptions {
            nulls,
            verify: cfg!(debug_assertions),
            text: false,
        };
        self.kernels[self.places[pass][position]][variant]
            .get_or_init(|| compile(columns, segment, &options).map_err(|error| error.to_string()))
            .as_ref()
            .map_err(|error| internal(error.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::Kernels;
    use icosian_ir::columns_to_plan::columns_to_plan;
    use icosian_ir::graph::{BinaryOperator, GraphBuilder, TableRows};
    use icosian_ir::graph_to_columns::{Request, graph_to_columns};
    use icosian_ir::id::NodeId;
    use icosian_ir::plan::{FusedSegment, Segment};
    use icosian_ir::types::ScalarType;
    use icosian_ir::value::Value;

    /// The places of the kernels of `x op constant` over two tables.
    fn places(pairs: [(BinaryOperator, f64); 2]) -> Vec<Vec<usize>> {
        let mut builder = GraphBuilder::new();
        let mut outputs: Vec<NodeId> = Vec::new();
        for (position, (operator, constant)) in pairs.into_iter().enumerate() {
            let name = format!("t{position}");
            let table = builder.table(&name, "", TableRows::Source(None)).unwrap();
            let x = builder
                .column(table, "x", "x", ScalarType::F64.required())
                .unwrap();
            let x = builder.use_node(x);
            let constant = builder.literal(Value::F64(constant));
            let y = builder.binary(operator, x, constant).unwrap();
            outputs.push(builder.define(None, &format!("y{position}"), y).unwrap());
        }
        let request = Request {
            outputs,
            ..Request::default()
        };
        let columns = graph_to_columns(&builder.finish(), &request).unwrap();
        let plan = columns_to_plan(&columns);
        let fused: Vec<Vec<FusedSegment>> = plan
            .passes
            .values()
            .map(|pass| {
                let fused = pass.segments.iter().filter_map(|segment| match segment {
                    Segment::Fused(fused) => Some(fused.clone()),
                    _ => None,
                });
                fused.collect()
            })
            .collect();
        Kernels::new(&columns, fused.iter().map(Vec::as_slice)).places
    }

    #[test]
    fn segments_of_one_shape_share_a_kernel() {
        use BinaryOperator::{Add, Sub};
        assert_eq!(places([(Add, 1.5), (Add, 1.5)]), [[0], [0]]);
        assert_eq!(places([(Add, 1.5), (Add, 2.5)]), [[0], [1]]);
        assert_eq!(places([(Add, 0.0), (Add, -0.0)]), [[0], [1]]);
        assert_eq!(places([(Add, 1.5), (Sub, 1.5)]), [[0], [1]]);
    }
}
