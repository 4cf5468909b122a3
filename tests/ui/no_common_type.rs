//! i64 and u64 meet in no type.

#[icosian::flow(table = "t")]
mod wrong {
    use icosian::typed::Col;

    fn y(a: Col<i64>, b: Col<u64>) -> Col<i64> {
        a + b
    }
}
