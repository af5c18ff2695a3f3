//! What is answered, and what is refused.

use serde_json::json;

use super::*;
use crate::database::Database;

fn ask(sql: &str) -> Result<Table, QueryError> {
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::open(folder.path()).expect("a database");
    run(&folder.path().join("sample.sqlite"), sql, &Stop::default())
}

#[test]
fn queries_are_answered() {
    for (sql, columns, first) in [
        ("SELECT count(*) AS n FROM orders", vec!["n"], json!([400])),
        (
            "SELECT id, name, price_cents / 100.0 FROM products WHERE id = 1",
            vec!["id", "name", "price_cents / 100.0"],
            json!([1, "lamp", 34.9]),
        ),
        (
            "WITH big AS (SELECT * FROM orders WHERE quantity > 2) SELECT count(*) > 0 AS yes FROM big",
            vec!["yes"],
            json!([1]),
        ),
        ("SELECT NULL AS a, x'00ff' AS b, 9e999 AS c", vec!["a", "b", "c"], json!([null, "00ff", "inf"])),
        ("-- a remark\nSELECT 1 AS one;", vec!["one"], json!([1])),
        ("VALUES (1)", vec!["column1"], json!([1])),
    ] {
        let table = ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(table.columns, columns, "{sql}");
        assert_eq!(json!(table.rows[0]), first, "{sql}");
    }
    let many = ask("SELECT a.id FROM orders a, orders b").expect("rows");
    assert!(many.truncated && many.rows.len() == MAX_ROWS);
}

#[test]
fn everything_else_is_refused() {
    for sql in [
        "",
        "   ",
        "-- nothing",
        "DELETE FROM users",
        "UPDATE users SET name = 'x'",
        "INSERT INTO users DEFAULT VALUES",
        "DROP TABLE users",
        "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x (a)",
        "ATTACH ':memory:' AS other",
        "VACUUM",
        "VACUUM INTO '/tmp/stolen.sqlite'",
        "PRAGMA query_only = OFF",
        "PRAGMA table_info(users)",
        "SELECT 1; DELETE FROM users",
        "SELECT 1; SELECT 2",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pragma_table_list",
        "SELECT load_extension('x')",
        "SELECT zeroblob(1000000000)",
        "SELECT writefile('/tmp/x', 'y')",
        "BEGIN",
        "COMMIT",
        "EXPLAIN SELECT 1",
        "EXPLAIN QUERY PLAN SELECT 1",
        "WITH x AS (SELECT 1) DELETE FROM users",
        "SELECT * FROM tasks",
        "REINDEX",
        "ANALYZE",
        "SELECT",
        "nonsense",
        "DELETE FROM users RETURNING id",
        "SELECT name FROM users WHERE name LIKE printf('%1000000000d', 1)",
    ] {
        let error = ask(sql).map(|table| table.rows).expect_err(sql);
        assert!(!matches!(error, QueryError::Database(_)), "{sql}: {error}");
    }
    assert!(ask(&format!("SELECT '{}'", "x".repeat(MAX_SQL_BYTES))).is_err());
    assert!(ask(&format!("SELECT {}1", "NOT ".repeat(2000))).is_err());
}

#[test]
fn what_does_not_end_is_stopped() {
    let forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    assert!(matches!(ask(forever), Err(QueryError::TooSlow)));
    let growing = "WITH RECURSIVE d(s) AS (SELECT 'aaaaaaaa' UNION ALL SELECT s || s FROM d WHERE length(s) < 500000)";
    for greedy in ["SELECT max(s) FROM d", "SELECT length(trim(max(s), 'a')) FROM d", "SELECT hex(max(s)) FROM d"] {
        assert!(ask(&format!("{growing} {greedy}")).is_err(), "{greedy}: too much in one step");
    }
    let wide = vec!["max(s)"; 90].join(", ");
    let table = ask(&format!("{} SELECT {wide} FROM d", growing.replace("500000", "8000"))).expect("a row");
    assert!(table.truncated && table.rows.is_empty(), "a row that does not fit is left off");
    assert!(matches!(ask("SELECT ?1"), Err(QueryError::NotOneSelect(_))));
    let folder = tempfile::tempdir().expect("a folder");
    let _database = Database::open(folder.path()).expect("a database");
    let stop = Stop::default();
    drop(stop.when_dropped());
    let began = Instant::now();
    assert!(run(&folder.path().join("sample.sqlite"), forever, &stop).is_err());
    assert!(began.elapsed() < TIMEOUT, "stopped at once when nobody waits");
}
