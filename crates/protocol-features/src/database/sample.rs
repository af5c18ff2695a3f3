//! What is in the sample database. All of it was made up for this lesson.

use rusqlite::{Connection, Transaction, params};

/// `PRAGMA user_version` of the schema below.
const VERSION: i64 = 1;

const NAMES: [&str; 10] = ["Ana", "Bo", "Chen", "Dilek", "Emre", "Fatima", "Goran", "Hana", "Ivo", "Jun"];
const CITIES: [&str; 8] = ["Berlin", "Cairo", "Lima", "Nairobi", "Oslo", "Porto", "Quito", "Tokyo"];
const PRODUCTS: [(&str, i64); 12] = [
    ("lamp", 3490),
    ("chair", 8900),
    ("desk", 24_900),
    ("shelf", 11_900),
    ("clock", 1990),
    ("rug", 15_900),
    ("vase", 2490),
    ("mirror", 6990),
    ("stool", 4490),
    ("bench", 13_900),
    ("basket", 1490),
    ("blanket", 3990),
];
const USERS: i64 = 40;
const ORDERS: i64 = 400;
const RECORDS: i64 = 20;

/// Makes the tables where they are missing. Two processes that start at once make them once.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let version = |connection: &Connection| connection.pragma_query_value(None, "user_version", |row| row.get(0));
    if version(connection) == Ok(VERSION) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if version(&transaction)? < VERSION {
        create(&transaction)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, joined TEXT NOT NULL);
         CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL);
         CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users,
             product_id INTEGER NOT NULL REFERENCES products, quantity INTEGER NOT NULL, ordered_on TEXT NOT NULL);
         CREATE TABLE records (id INTEGER PRIMARY KEY, title TEXT NOT NULL, note TEXT NOT NULL);",
    )?;
    let pick = |number: i64, from: usize| number.unsigned_abs() as usize % from;
    for id in 1..=USERS {
        let name = format!("{} {}", NAMES[pick(id * 7, NAMES.len())], char::from(b'A' + pick(id * 11, 26) as u8));
        let joined = format!("2024-{:02}-{:02}", 1 + id % 12, 1 + id * 5 % 28);
        transaction.prepare_cached("INSERT INTO users VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            id,
            name,
            CITIES[pick(id * 3, CITIES.len())],
            joined
        ])?;
    }
    for (id, (name, price)) in (1_i64..).zip(PRODUCTS) {
        transaction.prepare_cached("INSERT INTO products VALUES (?1, ?2, ?3)")?.execute(params![id, name, price])?;
    }
    for id in 1..=ORDERS {
        let (user, product, quantity) = (1 + id * 17 % USERS, 1 + id * 5 % PRODUCTS.len() as i64, 1 + id * 13 % 4);
        let day = format!("2025-{:02}-{:02}", 1 + id * 7 % 12, 1 + id * 3 % 28);
        let mut insert = transaction.prepare_cached("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5)")?;
        insert.execute(params![id, user, product, quantity, day])?;
    }
    for id in 1..=RECORDS {
        let mut insert = transaction.prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3)")?;
        insert.execute(params![id, format!("Record {id}"), "made up for this lesson; delete it if you like"])?;
    }
    Ok(())
}
