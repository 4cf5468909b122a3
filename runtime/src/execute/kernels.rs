//! The kernels of a plan: segments of one shape share theirs, also with other plans.
//!
//! A shape is all that a kernel depends on: ops, constants, types, and which argument goes where;
//! not which columns they are. Flows that are generated, or unrolled by `for`, repeat themselves,
//! and compiling is most of the time to their first answer.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use icosian_codegen::{CompileOptions, CompiledKernel, Nulls, compile};
use icosian_ir::columns::Columns;
use icosian_ir::id::{ColumnId, Id, TableId};
use icosian_ir::op::Op;
use icosian_ir::plan::FusedSegment;
use icosian_ir::types::{ScalarType, Type};
use icosian_ir::value::Value;

use crate::error::{RunError, internal};
use crate::execute::kernel_cache::{Compiled, KernelCache};

/// The two variants of a kernel, each compiled when first needed.
type Variants = [OnceLock<Compiled>; 2];

/// What a kernel depends on. Which tables its rows are of is no part of it.
#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct Shape {
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
                ty: of_any_table(columns.ty(*id)),
                constant,
            }
        };
        let types = |ids: &[ColumnId]| ids.iter().map(|id| of_any_table(columns.ty(*id))).collect();
        let body = segment.body.iter().map(|id| {
            let column = columns.column(*id);
            let operands = column.args.iter().map(operand).collect();
            let op = match &column.op {
                Op::Broadcast(_) => Op::Broadcast(any_table()),
                Op::RowNumber(_) => Op::RowNumber(any_table()),
                op => op.clone(),
            };
            (op, of_any_table(column.ty), operands)
        });
        Shape {
            inputs: types(&segment.inputs),
            params: types(&segment.params),
            body: body.collect(),
            outputs: segment.outputs.iter().map(operand).collect(),
        }
    }
}

/// The table that stands for any.
fn any_table() -> TableId {
    TableId::from_index(0)
}

/// A type, but of a row no matter of which table.
fn of_any_table(ty: Type) -> Type {
    match ty.scalar {
        ScalarType::Row(_) => Type {
            scalar: ScalarType::Row(any_table()),
            ..ty
        },
        _ => ty,
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

/// Where a variant stands.
fn position_of(nulls: Nulls) -> usize {
    match nulls {
        Nulls::Absent => 0,
        Nulls::General => 1,
    }
}

/// Every kernel of a plan.
#[derive(Debug, Default)]
pub(crate) struct Kernels {
    /// For each pass and fused segment of it, the place of its kernel.
    places: Vec<Vec<usize>>,
    kernels: Vec<(Arc<Shape>, Variants)>,
    cache: KernelCache,
}

impl Kernels {
    /// Places for the kernels of each pass's fused segments. Nothing is compiled yet.
    pub(crate) fn new<'a>(
        columns: &Columns,
        passes: impl Iterator<Item = &'a [FusedSegment]>,
        cache: &KernelCache,
    ) -> Kernels {
        let mut known: HashMap<Arc<Shape>, usize> = HashMap::new();
        let mut kernels = Vec::new();
        let mut place = |segment: &FusedSegment| {
            let shape = Arc::new(Shape::new(columns, segment));
            *known.entry(Arc::clone(&shape)).or_insert_with(|| {
                kernels.push((shape, Variants::default()));
                kernels.len() - 1
            })
        };
        let places = passes
            .map(|segments| segments.iter().map(&mut place).collect())
            .collect();
        Kernels {
            places,
            kernels,
            cache: cache.clone(),
        }
    }

    /// How many kernels of a pass are to be compiled, and how many ops they have; what the cache has is
    /// taken from there.
    pub(crate) fn missing(&self, pass: usize, nulls: Nulls) -> (usize, usize) {
        let variant = position_of(nulls);
        let mut places = self.places.get(pass).cloned().unwrap_or_default();
        places.sort_unstable();
        places.dedup();
        let (mut count, mut ops) = (0, 0);
        for place in places {
            let (shape, variants) = &self.kernels[place];
            if variants[variant].get().is_some() {
                continue;
            }
            match self.cache.peek(shape, nulls) {
                Some(compiled) => {
                    variants[variant].get_or_init(|| compiled);
                }
                None => {
                    count += 1;
                    ops += shape.body.len();
                }
            }
        }
        (count, ops)
    }

    /// The kernel of a pass's fused segment, compiled now if none of its shape was needed before.
    pub(crate) fn get(
        &self,
        columns: &Columns,
        (pass, position): (usize, usize),
        segment: &FusedSegment,
        nulls: Nulls,
    ) -> Result<&Arc<CompiledKernel>, RunError> {
        let variant = position_of(nulls);
        let options = CompileOptions {
            nulls,
            verify: cfg!(debug_assertions),
            text: false,
        };
        let (shape, variants) = &self.kernels[self.places[pass][position]];
        let compile = || compile(columns, segment, &options).map_err(|error| error.to_string());
        variants[variant]
            .get_or_init(|| self.cache.get(shape, nulls, compile))
            .as_ref()
            .map_err(|error| internal(error.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{KernelCache, Kernels};
    use icosian_codegen::Nulls;
    use icosian_ir::columns::Columns;
    use icosian_ir::columns_to_plan::columns_to_plan;
    use icosian_ir::graph::{BinaryOperator, GraphBuilder, TableRows};
    use icosian_ir::graph_to_columns::{Request, graph_to_columns};
    use icosian_ir::id::NodeId;
    use icosian_ir::plan::{FusedSegment, Segment};
    use icosian_ir::types::ScalarType;
    use icosian_ir::value::Value;

    /// `x op constant` over two tables, whose names begin so.
    fn program(
        prefix: &str,
        pairs: [(BinaryOperator, f64); 2],
    ) -> (Columns, Vec<Vec<FusedSegment>>) {
        let mut builder = GraphBuilder::new();
        let mut outputs: Vec<NodeId> = Vec::new();
        for (position, (operator, constant)) in pairs.into_iter().enumerate() {
            let name = format!("{prefix}{position}");
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
        (columns, fused)
    }

    /// The places of the kernels of such a program, all compiled.
    fn places_in(
        cache: &KernelCache,
        prefix: &str,
        pairs: [(BinaryOperator, f64); 2],
    ) -> Vec<Vec<usize>> {
        let (columns, fused) = program(prefix, pairs);
        let kernels = Kernels::new(&columns, fused.iter().map(Vec::as_slice), cache);
        for (pass, segments) in fused.iter().enumerate() {
            for (position, segment) in segments.iter().enumerate() {
                let kernel = kernels.get(&columns, (pass, position), segment, Nulls::Absent);
                kernel.unwrap();
            }
        }
        kernels.places
    }

    fn places(pairs: [(BinaryOperator, f64); 2]) -> Vec<Vec<usize>> {
        places_in(&KernelCache::default(), "t", pairs)
    }

    #[test]
    fn plans_share_kernels_whatever_the_names() {
        use BinaryOperator::{Add, Sub};
        let cache = KernelCache::default();
        places_in(&cache, "t", [(Add, 1.5), (Sub, 1.5)]);
        assert_eq!(cache.len(), 2);
        places_in(&cache, "other", [(Sub, 1.5), (Add, 1.5)]);
        assert_eq!(cache.len(), 2);
        places_in(&cache, "t", [(Add, 2.5), (Sub, 1.5)]);
        assert_eq!(cache.len(), 3);
        cache.clear();
        assert_eq!((cache.len(), cache.bytes()), (0, 0));
    }

    #[test]
    fn memory_goes_back_with_the_last_user() {
        let cache = KernelCache::default();
        let (columns, fused) = program("t", [(BinaryOperator::Add, 1.5); 2]);
        let kernels = Kernels::new(&columns, fused.iter().map(Vec::as_slice), &cache);
        let kernel = kernels.get(&columns, (0, 0), &fused[0][0], Nulls::Absent);
        let kernel = std::sync::Arc::downgrade(kernel.unwrap());
        cache.clear();
        assert!(kernel.upgrade().is_some(), "a plan has it");
        drop(kernels);
        assert!(kernel.upgrade().is_none());
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        use BinaryOperator::Add;
        let one = KernelCache::default();
        places_in(&one, "t", [(Add, 1.0), (Add, 1.0)]);
        let cache = KernelCache::with_limit(3 * one.bytes());
        for constant in 0..20 {
            let constant = f64::from(constant);
            places_in(&cache, "t", [(Add, constant), (Add, constant)]);
            assert!(cache.bytes() <= 3 * one.bytes());
        }
        assert!(cache.len() >= 2);
        let before = cache.bytes();
        places_in(&cache, "t", [(Add, 19.0), (Add, 19.0)]);
        assert_eq!(cache.bytes(), before, "the last one is kept");
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
