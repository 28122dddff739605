//! Numbers as people read them.

/// A count or rate with three digits: `134k`, `1.21M`, `48.0`.
#[must_use]
pub fn short(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        size if size >= 999_500_000.0 => (value / 1e9, "G"),
        size if size >= 999_500.0 => (value / 1e6, "M"),
        size if size >= 9_995.0 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        size if size >= 99.95 || size == 0.0 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    format!("{scaled:.digits$}{suffix}")
}

/// Bytes with a binary unit: `738 B`, `9.9 MiB`.
#[must_use]
pub fn bytes(value: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB"];
    let mut scaled = value;
    let mut unit = 0;
    while scaled.abs() >= 10_000.0 && unit + 1 < units.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{scaled:.0} B") } else { format!("{scaled:.1} {}", units[unit]) }
}

/// An optional figure; a dash when it is not known.
#[must_use]
pub fn known<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), write)
}

/// Lines of a name and a value, aligned.
#[must_use]
pub fn name_value_table(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    lines.iter().map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}

/// Rows with as many cells as `header`; the first `text_columns` columns are left-aligned, the others right.
#[must_use]
pub fn table(header: &[&str], text_columns: usize, rows: &[Vec<String>]) -> String {
    let cell_width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..header.len()).map(cell_width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if column < text_columns { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    std::iter::once(line(&header)).chain(rows.iter().map(|row| line(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_digits() {
        let shown = [0.0, 0.08, 48.04, 999.0, 9_994.0, 9_996.0, 134_400.0, 999_600.0, 1_214_000.0].map(short);
        assert_eq!(shown, ["0", "0.08", "48.0", "999", "9994", "10.0k", "134k", "1.00M", "1.21M"]);
        assert_eq!([738.4, 10_400_000.0].map(bytes), ["738 B", "9.9 MiB"]);
    }

    #[test]
    fn columns_are_aligned() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["long".to_owned(), "100".to_owned()]];
        assert_eq!(table(&["row", "n"], 1, &rows), "row     n\na       1\nlong  100\n");
    }
}
