//! What the test harness printed.

/// Tests that ran.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) tests: Vec<Test>,
    /// What the compiler had to say.
    pub(super) warnings: String,
}

/// One test.
#[derive(Debug)]
pub(super) struct Test {
    /// Such as `ex1::no_width_leaves_a_gap`.
    name: String,
    pub(super) passed: bool,
    /// Why it failed.
    pub(super) message: String,
    /// The file whose line panicked.
    pub(super) panicked_in: String,
}

impl Test {
    /// Its name as a sentence.
    pub(super) fn words(&self) -> String {
        self.name.rsplit("::").next().unwrap_or_default().replace('_', " ")
    }
}

impl Outcome {
    pub(super) fn read(stdout: &str, warnings: String) -> Self {
        let mut tests: Vec<Test> = Vec::new();
        for line in stdout.lines() {
            if let Some((name, result)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
                && ["ok", "FAILED"].contains(&result)
            {
                let passed = result == "ok";
                let (message, panicked_in) = if passed { Default::default() } else { reason(stdout, name) };
                tests.push(Test { name: name.to_owned(), passed, message, panicked_in });
            }
        }
        Self { tests, warnings }
    }

    /// The tests of one exercise.
    pub(super) fn of(&self, number: usize) -> Vec<&Test> {
        let module = format!("ex{number}::");
        self.tests.iter().filter(|test| test.name.starts_with(&module)).collect()
    }
}

/// Why a test failed, without the harness's own words, and the file whose line panicked.
fn reason(stdout: &str, name: &str) -> (String, String) {
    let section = stdout.split_once(&format!("---- {name} stdout ----\n")).map_or("", |(_, section)| section);
    let mut lines = section.lines().skip_while(|line| !line.contains(" panicked at "));
    let place = lines.next().and_then(|line| line.split_once(" panicked at ")).map_or("", |(_, place)| place);
    let message = lines.take_while(|line| !line.is_empty() && !line.starts_with("note: "));
    let message: Vec<String> = message.map(plain).collect();
    (message.join("\n"), place.split(':').next().unwrap_or_default().to_owned())
}

/// A line of an assertion in plain words. The tests have on the left what is, and on the right what should be.
fn plain(line: &str) -> String {
    let line = line.trim();
    let line = line.strip_prefix("assertion `left == right` failed: ").unwrap_or(line);
    let words = [("left: ", "it is: "), ("right: ", "should be: ")];
    let found = words.iter().find_map(|(side, words)| Some(format!("{words}{}", line.strip_prefix(side)?)));
    found.unwrap_or_else(|| line.to_owned())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One test passes, one fails.
    pub(crate) const MIXED: &str = "\nrunning 2 tests\ntest ex1::a_b ... ok\ntest ex1::the_strip_has_no_gap ... FAILED\n\n\
        failures:\n\n---- ex1::the_strip_has_no_gap stdout ----\n\n\
        thread 'ex1::the_strip_has_no_gap' (7) panicked at crates/routing/tests/exercises/ex1.rs:47:9:\n\
        assertion `left == right` failed: columns of 7\n  left: 6\n right: 7\n\
        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\n\nfailures:\n    ex1::x\n";

    #[test]
    fn a_failure_says_why_and_where() {
        let outcome = Outcome::read(MIXED, String::new());
        let tests = outcome.of(1);
        assert_eq!((tests.len(), outcome.of(2).len()), (2, 0));
        assert!(tests[0].passed && tests[0].message.is_empty() && tests[0].words() == "a b");
        assert!(!tests[1].passed);
        assert_eq!(tests[1].message, "columns of 7\nit is: 6\nshould be: 7");
        assert_eq!(tests[1].panicked_in, "crates/routing/tests/exercises/ex1.rs");
    }
}
