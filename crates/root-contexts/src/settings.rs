//! What an operator can set. Nothing has to be set.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;
use mcp_support::llm::provider::ProviderArgs;
use secrecy::SecretString;

/// Settings of this lesson: flags, then environment variables, then defaults.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Folder that may be read, cut down by the client's roots (repeatable); without any, a sample project
    #[arg(long = "allow-dir", global = true, value_name = "FOLDER")]
    pub allow_dirs: Vec<PathBuf>,

    /// The same as a list, written like PATH; not read when there is an --allow-dir
    #[arg(long = "allow-dirs", env = "ROOT_CONTEXTS_ALLOW_DIRS", global = true, value_name = "FOLDERS")]
    pub allow_dir_list: Option<OsString>,

    /// Folder for the database of contexts; without it they go with the process
    #[arg(long, env = "ROOT_CONTEXTS_DATA", global = true, value_name = "FOLDER")]
    pub data: Option<PathBuf>,

    /// Key that encrypts secret metadata: 32 bytes in base64; without it, secret metadata is refused
    #[arg(long, env = "ROOT_CONTEXTS_SECRET_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub secret_key: Option<SecretString>,

    /// Key that seals cursors and the state of questions: at least 32 bytes in base64, the same in all processes
    #[arg(long, env = "ROOT_CONTEXTS_STATE_KEY", global = true, hide_env_values = true, value_name = "KEY")]
    pub state_key: Option<SecretString>,

    /// The model that summarizes, if any; without it, sentences are chosen.
    #[command(flatten)]
    pub model: ProviderArgs,
}

impl Settings {
    /// The folders that may be read. A name with a colon in it can be said by the flag alone.
    pub fn folders(&self) -> Vec<PathBuf> {
        if !self.allow_dirs.is_empty() {
            return self.allow_dirs.clone();
        }
        let listed = self.allow_dir_list.iter().flat_map(std::env::split_paths);
        listed.filter(|folder| !folder.as_os_str().is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        settings: Settings,
    }

    fn folders(arguments: &[&str]) -> Vec<PathBuf> {
        let arguments = ["server"].iter().chain(arguments);
        Cli::try_parse_from(arguments).expect("arguments that fit").settings.folders()
    }

    #[test]
    fn only_the_list_is_split() {
        assert_eq!(folders(&["--allow-dir", "a:b", "--allow-dir", "c"]), [PathBuf::from("a:b"), "c".into()]);
        let list = std::env::join_paths(["a", "b c"]).expect("a list").into_string().expect("text");
        assert_eq!(folders(&["--allow-dirs", &list]), [PathBuf::from("a"), "b c".into()]);
        assert_eq!(folders(&["--allow-dirs", &list, "--allow-dir", "c"]), [PathBuf::from("c")]);
        assert_eq!(folders(&["--allow-dirs", ""]), Vec::<PathBuf>::new());
    }
}
