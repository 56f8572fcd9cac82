use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use console::{Term, measure_text_width};

/// Lines around the header and at the end, none between rows.
const LINES: TableStyle = TableStyle::new()
    .top_border(LineStyle::none().fill('─').junction('─'))
    .header_separator(LineStyle::none().fill('═').junction('═'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));

/// A table for people. The first cell of a row says what it is of, the others are numbers.
#[derive(Debug, Clone)]
pub(crate) struct FittedTable {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl FittedTable {
    /// A table without rows.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; it may be shorter than the header.
    pub fn add<S: Into<String>>(&mut self, row: impl IntoIterator<Item = S>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    /// As it fits standard output: whole where that is no terminal.
    pub fn for_terminal(&self) -> String {
        let out = Term::stdout();
        let size = out.is_term().then(|| out.size_checked()).flatten();
        self.fitted(size.map(|(_, columns)| usize::from(columns)))
    }

    /// As a table or, where that is wider than so many columns, as a list for each row.
    fn fitted(&self, columns: Option<usize>) -> String {
        let table = self.whole();
        let widest = table.lines().map(measure_text_width).max().unwrap_or(0);
        match columns {
            Some(columns) if widest > columns => self.lists(),
            _ => table,
        }
    }

    fn whole(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(LINES)
            .set_header(&self.header)
            .add_rows(&self.rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table.to_string()
    }

    fn lists(&self) -> String {
        let names = self.header.iter().skip(1);
        let widest = names
            .map(|name| measure_text_width(name))
            .max()
            .unwrap_or(0);
        let mut lines = Vec::new();
        for row in &self.rows {
            let mut cells = row.iter().zip(&self.header);
            lines.extend(cells.next().map(|(first, _)| first.clone()));
            let filled = cells.filter(|(cell, _)| !cell.is_empty());
            lines.extend(filled.map(|(cell, name)| {
                let gap = " ".repeat(widest - measure_text_width(name));
                format!("  {name}{gap}  {cell}")
            }));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_where_a_table_is_too_wide() {
        let mut table = FittedTable::new(["head", "accuracy", "radius"]);
        table.add(["dome", "99.1 %", "1.78"]);
        table.add(["tanh", "failed"]);
        for wide in [None, Some(40)] {
            let text = table.fitted(wide);
            assert!(text.contains("head") && text.lines().count() > 4, "{text}");
        }
        let right = "dome\n  accuracy  99.1 %\n  radius    1.78\ntanh\n  accuracy  failed";
        assert_eq!(table.fitted(Some(20)), right);
    }
}
