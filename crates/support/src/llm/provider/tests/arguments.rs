//! Flags and variables. Nothing is parsed here but what is given: the variables of this machine may be set.

use clap::{Args as _, Command};

use super::*;

fn url(text: &str) -> Option<Url> {
    Some(text.parse().expect("a URL"))
}

fn plain() -> ProviderArgs {
    let model_base_url = url("https://api.example.com/v1");
    ProviderArgs { model_base_url, model_name: Some("gpt-4o".to_owned()), ..ProviderArgs::default() }
}

fn azure() -> ProviderArgs {
    ProviderArgs {
        azure_openai_endpoint: url("https://res.openai.azure.com"),
        azure_openai_deployment: Some("my-gpt".to_owned()),
        azure_openai_api_key: Some(KEY.into()),
        ..ProviderArgs::default()
    }
}

#[test]
fn every_flag_has_a_variable_and_keys_are_hidden() {
    let command = ProviderArgs::augment_args(Command::new("test"));
    let variables: Vec<(String, bool)> = command
        .get_arguments()
        .map(|argument| {
            (argument.get_env().expect("a variable").to_string_lossy().into_owned(), argument.is_hide_env_values_set())
        })
        .collect();
    let expected = [
        ("MODEL_BASE_URL", false),
        ("MODEL_API_KEY", true),
        ("MODEL_NAME", false),
        ("AZURE_OPENAI_ENDPOINT", false),
        ("AZURE_OPENAI_DEPLOYMENT", false),
        ("AZURE_OPENAI_API_VERSION", false),
        ("AZURE_OPENAI_API_KEY", true),
    ];
    assert_eq!(variables, expected.map(|(name, is_hidden)| (name.to_owned(), is_hidden)));
    assert!(command.get_arguments().all(clap::Arg::is_global_set));
}

#[test]
fn nothing_has_to_be_set() {
    assert!(ProviderArgs::default().provider().expect("nothing").is_none());
    // As in a file of variables where nothing is filled in.
    let empty = ProviderArgs {
        model_api_key: Some("".into()),
        model_name: Some(String::new()),
        azure_openai_deployment: Some(" ".to_owned()),
        azure_openai_api_key: Some("".into()),
        ..ProviderArgs::default()
    };
    assert!(empty.provider().expect("nothing").is_none());
}

#[test]
fn what_is_set_is_used() {
    let with_key = ProviderArgs { model_api_key: Some(KEY.into()), ..plain() };
    for (arguments, title) in [
        (plain(), "gpt-4o at api.example.com"),
        (with_key, "gpt-4o at api.example.com"),
        (azure(), "my-gpt at res.openai.azure.com"),
    ] {
        assert_eq!(arguments.provider().expect("complete").expect("a model").title(), title);
        assert!(!format!("{arguments:?}").contains("4711"));
    }
    let deployment = |arguments: ProviderArgs| arguments.settings().expect("complete").expect("a model").azure;
    let named =
        |version: &str| Some(AzureDeployment { deployment: "my-gpt".to_owned(), api_version: version.to_owned() });
    assert_eq!(deployment(azure()), named("2024-10-21"));
    let newer = ProviderArgs { azure_openai_api_version: Some("2025-04-01-preview".to_owned()), ..azure() };
    assert_eq!(deployment(newer), named("2025-04-01-preview"));
}

#[test]
fn half_a_configuration_is_one_clear_error() {
    let none = ProviderArgs::default;
    let both = ProviderArgs { model_base_url: plain().model_base_url, model_name: plain().model_name, ..azure() };
    for (arguments, expected) in [
        (
            ProviderArgs { model_name: None, ..plain() },
            "the model is half set: MODEL_BASE_URL without MODEL_NAME; set all of them, or none",
        ),
        (ProviderArgs { model_base_url: None, ..plain() }, "MODEL_NAME without MODEL_BASE_URL"),
        (
            ProviderArgs { model_api_key: Some(KEY.into()), ..none() },
            "MODEL_API_KEY without MODEL_BASE_URL, MODEL_NAME",
        ),
        (
            ProviderArgs { azure_openai_api_key: None, ..azure() },
            "AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT without AZURE_OPENAI_API_KEY",
        ),
        (
            ProviderArgs { azure_openai_api_version: Some("2024-10-21".to_owned()), ..none() },
            "AZURE_OPENAI_API_VERSION without AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT, AZURE_OPENAI_API_KEY",
        ),
        (both, "two models are set; set either MODEL_BASE_URL or AZURE_OPENAI_ENDPOINT"),
        (ProviderArgs { model_base_url: url("http://example.com"), ..plain() }, "must be https"),
    ] {
        let error = arguments.provider().expect_err("refused").to_string();
        assert!(error.contains(expected) && !error.contains("4711"), "{error}");
    }
}
