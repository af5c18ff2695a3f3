//! Text in, documents out.

use rmcp::{
    RoleServer,
    handler::server::{tool::schema_for_output, wrapper::Parameters},
    model::CallToolResult,
    schemars::JsonSchema,
    service::RequestContext,
    tool, tool_router,
};
use serde::{Deserialize, Serialize};

use super::{MultiModal, answer::Answer};
use crate::{
    document::{self, DOCUMENT_IMAGES, DocImage, DocumentRequest, Section},
    error::MediaError,
    source::{Kind, Source},
    text::{self, TextReport},
    vision::decode::{decode, encode_png},
};

/// Arguments of `analyze_text`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AnalyzeText {
    /// The text, up to 100 000 characters.
    #[schemars(length(min = 1, max = 100_000))]
    text: String,
}

/// Arguments of `generate_document`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GenerateDocument {
    /// Title of the document.
    #[schemars(length(min = 1, max = 2_000))]
    title: String,
    /// Its parts, in order.
    #[schemars(length(min = 1, max = 50))]
    sections: Vec<SectionArguments>,
}

/// One part of a document.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SectionArguments {
    /// Heading of the part.
    #[serde(default)]
    #[schemars(length(max = 2_000))]
    heading: Option<String>,
    /// Paragraphs parted by blank lines, lists with "- ", **bold** and *italic* words.
    #[schemars(length(max = 100_000))]
    text: String,
    /// Handles of images to show after the text, media://...
    #[serde(default)]
    #[schemars(length(max = 20))]
    media: Vec<String>,
}

/// What `generate_document` answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// Handle of the PDF.
    pdf: String,
    /// Handle of the Markdown.
    markdown: String,
    /// Pages of the PDF.
    pages: u32,
    /// Characters that the PDF's font does not have.
    missing_glyphs: u32,
}

#[tool_router(router = document_tools, vis = "pub(super)")]
impl MultiModal {
    /// Analyses a text: language, counts, readability, key phrases. Use it before deciding how to treat a text.
    #[tool(
        title = "Analyse text",
        annotations(read_only_hint = true, destructive_hint = false, idempotent_hint = true, open_world_hint = false),
        output_schema = schema_for_output::<TextReport>()
    )]
    async fn analyze_text(
        &self,
        Parameters(AnalyzeText { text }): Parameters<AnalyzeText>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        let report = self.shared.workers.run_light(&context, "analysing text", move |_| text::analyze(&text)).await?;
        let language = report.language.as_ref().map_or("an unknown language", |language| language.name.as_str());
        let phrases: Vec<&str> = report.key_phrases.iter().take(5).map(|phrase| phrase.phrase.as_str()).collect();
        let summary = format!(
            "{} words in {} sentences, in {language}; key phrases: {}",
            report.words,
            report.sentences,
            if phrases.is_empty() { "none".to_owned() } else { phrases.join(", ") }
        );
        Answer::new(self, &context, "analyze_text", summary).with(&report)
    }

    /// Writes a PDF and a Markdown document from titled sections and kept images, and links both.
    #[tool(
        title = "Generate a document",
        annotations(read_only_hint = false, destructive_hint = false, idempotent_hint = false, open_world_hint = false),
        output_schema = schema_for_output::<Document>()
    )]
    async fn generate_document(
        &self,
        Parameters(arguments): Parameters<GenerateDocument>,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResult, MediaError> {
        // What can be wrong with the words is told before any picture is looked at.
        let words = arguments.sections.iter().map(|section| Section {
            heading: section.heading.clone(),
            text: section.text.clone(),
            images: Vec::new(),
        });
        document::check(&DocumentRequest { title: arguments.title.clone(), sections: words.collect() })?;
        let pictures: usize = arguments.sections.iter().map(|section| section.media.len()).sum();
        if pictures > DOCUMENT_IMAGES {
            return Err(MediaError::Invalid {
                what: format!("there are {pictures} images"),
                hint: format!("give at most {DOCUMENT_IMAGES}"),
            });
        }
        let mut sections = Vec::with_capacity(arguments.sections.len());
        for section in arguments.sections {
            let mut images = Vec::with_capacity(section.media.len());
            for uri in &section.media {
                images.push(self.document_image(uri, &context).await?);
            }
            sections.push(Section { heading: section.heading, text: section.text, images });
        }
        let request = DocumentRequest { title: arguments.title, sections };
        document::check(&request)?;
        let title = request.title.clone();
        let (pdf, markdown) = self
            .shared
            .workers
            .run(&context, "setting the document", move |_| {
                Ok((document::pdf(&request)?, document::markdown(&request)))
            })
            .await?;
        let text = format!("{title}: {} pages as PDF, {} bytes of Markdown", pdf.pages, markdown.len());
        let mut answer = Answer::new(self, &context, "generate_document", text);
        let (pages, missing_glyphs) = (pdf.pages, pdf.missing_glyphs);
        let pdf = answer.kept(&format!("{title}.pdf"), "application/pdf", pdf.bytes)?.uri();
        let markdown = answer.kept(&format!("{title}.md"), "text/markdown", markdown.into_bytes())?.uri();
        answer.with(&Document { pdf, markdown, pages, missing_glyphs })
    }

    /// A kept image in a form that a PDF can hold.
    async fn document_image(&self, uri: &str, context: &RequestContext<RoleServer>) -> Result<DocImage, MediaError> {
        if !uri.starts_with("media://") {
            return Err(MediaError::Invalid {
                what: format!("'{}' is no handle", uri.chars().take(60).collect::<String>()),
                hint: "import_media keeps a file and returns its media:// handle".to_owned(),
            });
        }
        let source = Source { uri: Some(uri.to_owned()), data: None, mime_type: None };
        let loaded = self.load(&source, Kind::Image, context).await?;
        let png = self
            .shared
            .workers
            .run(context, "reading images", move |_| encode_png(&decode(&loaded.bytes, None)?.rgba))
            .await?;
        Ok(DocImage { alt: loaded.name.clone(), name: loaded.name, png_or_jpeg: png, uri: uri.to_owned() })
    }
}
