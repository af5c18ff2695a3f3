//! Links in answers: a client reads them through the gateway, so they bear the mount like everything else.

use rmcp::{
    ErrorData,
    model::{ContentBlock, ResourceContents},
};

use super::catalog;

/// Puts the mount before every URI of a resource; nothing for a bare mount.
pub(super) fn rename<'a>(blocks: impl IntoIterator<Item = &'a mut ContentBlock>, mount: Option<&str>) {
    let Some(mount) = mount else { return };
    for block in blocks {
        match block {
            ContentBlock::ResourceLink(link) => link.uri = catalog::prefixed(mount, false, &link.uri),
            ContentBlock::Resource(embedded) => prefix(&mut embedded.resource, Some(mount)),
            _ => {}
        }
    }
}

/// The same for the contents of a resource.
pub(super) fn prefix(contents: &mut ResourceContents, mount: Option<&str>) {
    let (ResourceContents::TextResourceContents { uri, .. } | ResourceContents::BlobResourceContents { uri, .. }) =
        contents
    else {
        return;
    };
    if let Some(mount) = mount {
        *uri = catalog::prefixed(mount, false, uri);
    }
}

/// An error that names a resource names it as the client has.
pub(super) fn name(mut error: ErrorData, asked: &str) -> ErrorData {
    if let Some(uri) = error.data.as_mut().and_then(|data| data.get_mut("uri")) {
        *uri = asked.into();
    }
    error
}
