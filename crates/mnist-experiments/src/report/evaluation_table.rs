use super::{FittedTable, HeadMetrics};
use crate::eval::Evaluation;

/// What the evaluations measured of some heads, one line a number, as a table for the terminal.
pub fn evaluation_table(heads: &[&HeadMetrics], evaluations: &[&dyn Evaluation]) -> String {
    let names = heads.iter().map(|head| head.head.to_string());
    let mut table = FittedTable::new(["number".to_owned()].into_iter().chain(names));
    for evaluation in evaluations {
        let of_heads = heads.iter().map(|head| head.numbers(evaluation.name()).0);
        let of_heads: Vec<_> = of_heads.collect();
        let mut keys: Vec<&String> = of_heads.iter().flat_map(|numbers| numbers.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let cells = of_heads
                .iter()
                .map(|numbers| cell(numbers.get(key).copied()));
            let line = format!("{}: {key}", evaluation.name());
            table.add([line].into_iter().chain(cells));
        }
    }
    table.for_terminal()
}

/// Four digits that count, whatever the size; nothing where it was not measured.
fn cell(number: Option<f64>) -> String {
    match number {
        None => String::new(),
        Some(number) if !number.is_finite() => "n/a".into(),
        Some(number) if number == 0.0 || (1e-3..1e5).contains(&number.abs()) => {
            let before = number.abs().max(1.0).log10().floor() as usize + 1;
            format!("{number:.*}", 5usize.saturating_sub(before))
        }
        Some(number) => format!("{number:.3e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn digits() {
        let numbers = [0.98754321, 12.3456, -1234.5, 20000.0, 0.00012345, 0.0];
        let cells = numbers.map(|number| cell(Some(number)));
        assert_eq!(
            cells,
            ["0.9875", "12.346", "-1234.5", "20000", "1.234e-4", "0.0000"]
        );
        assert_eq!(cell(Some(f64::NAN)), "n/a");
        assert_eq!(cell(None), "");
    }
}
