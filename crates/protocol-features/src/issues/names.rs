//! What may name an owner, a repository and an issue. It is checked before anything is sent.

use super::IssueError;

/// Longest login of a user or an organisation, in characters.
const OWNER_LIMIT: usize = 39;
/// Longest name of a repository, in characters.
const REPO_LIMIT: usize = 100;

/// Which issue of which repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) owner: String,
    pub(super) repo: String,
    pub(super) number: u32,
}

impl Place {
    pub(super) fn parse(owner: &str, repo: &str, number: &str) -> Result<Self, IssueError> {
        if !is_owner(owner) {
            return Err(IssueError::Owner(shown(owner)));
        }
        if !is_repo(repo) {
            return Err(IssueError::Repo(shown(repo)));
        }
        let number = issue_number(number).ok_or_else(|| IssueError::Number(shown(number)))?;
        Ok(Self { owner: owner.to_owned(), repo: repo.to_owned(), number })
    }

    /// `owner/repo`
    pub(super) fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.repo)
    }
}

/// Letters, digits and hyphens; the logins of managed users have an underscore too.
fn is_owner(owner: &str) -> bool {
    let begins = owner.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    begins && owner.len() <= OWNER_LIMIT && owner.bytes().all(is_allowed)
}

/// Letters, digits, `.`, `-` and `_`; not what a path or git gives a meaning.
fn is_repo(repo: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let has_meaning = matches!(repo, "" | "." | "..") || repo.to_ascii_lowercase().ends_with(".git");
    !has_meaning && repo.len() <= REPO_LIMIT && repo.bytes().all(is_allowed)
}

/// A number from 1, written in one way: without sign, blanks and leading zeros.
fn issue_number(text: &str) -> Option<u32> {
    let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_canonical)
}

/// As much of a caller's text as an error repeats.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_github() {
        let (owner, repo) = ("o".repeat(OWNER_LIMIT), "r".repeat(REPO_LIMIT));
        for (owner, repo, number) in [
            ("rust-lang", "rust", "1"),
            ("a", "b", "4294967295"),
            ("octo_cat", ".github", "42"),
            ("1-2", "a.b_c-d", "7"),
            (&owner, &repo, "7"),
            ("local", "workspace", "1"),
        ] {
            let place = Place::parse(owner, repo, number).expect(repo);
            assert_eq!((place.repository(), place.number.to_string()), (format!("{owner}/{repo}"), number.to_owned()));
        }
    }

    #[test]
    fn what_cannot_be_a_name_is_refused() {
        let long = "x".repeat(101);
        for owner in
            ["", ".", "..", "-a", "_a", "a/b", "a b", "a%2Fb", "ä", "a\0", "a\n", "a?b", "a#b", "@a", &long[..40]]
        {
            let error = Place::parse(owner, "rust", "1").expect_err(owner);
            assert_eq!(error, IssueError::Owner(owner.chars().take(40).collect()));
        }
        for repo in
            ["", ".", "..", "a/b", "../b", "a\\b", "a b", "a%2e", "é", "a\0", "a?", "a#", "a.git", "A.GIT", &long]
        {
            let error = Place::parse("rust-lang", repo, "1").expect_err(repo);
            assert_eq!(error, IssueError::Repo(repo.chars().take(40).collect()));
        }
        for number in
            ["", "0", "00", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "١", "4294967296", "1/comments", "one"]
        {
            let error = Place::parse("rust-lang", "rust", number).expect_err(number);
            assert_eq!(error, IssueError::Number(number.to_owned()));
            assert!(!error.hint().is_empty());
        }
    }
}
