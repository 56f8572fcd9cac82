/// Bundled from `report-page/` by `just report-page`.
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
/// Of what is bundled; they go with every copy of it.
const LICENCES: &str = include_str!("page.LICENSES.txt");
const TEMPLATE: &str = include_str!("page.html");

/// The one file: style, script, JSON, and the arrays that it speaks of.
pub(super) fn page(title: &str, content: &str, blobs: &[String]) -> String {
    // In one pass, so that nothing in a part is taken for a place in the template.
    let mut page = String::with_capacity(
        TEMPLATE.len()
            + SCRIPT.len()
            + STYLE.len()
            + LICENCES.len()
            + content.len()
            + blobs.iter().map(|blob| blob.len() + 80).sum::<usize>(),
    );
    let mut rest = TEMPLATE;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, place)| Some((before, place.split_once("}}")?)))
    {
        page.push_str(before);
        match name {
            "title" => page.push_str(&escaped(title)),
            "licences" => page.push_str(LICENCES),
            "style" => page.push_str(STYLE),
            "script" => page.push_str(SCRIPT),
            // No `</script>` and no `<!--` of a name ends the element.
            "content" => page.push_str(&content.replace('<', "\\u003c")),
            "blobs" => {
                for blob in blobs {
                    page.push_str("<script type=\"text/plain\" class=\"blob\">");
                    page.push_str(blob);
                    page.push_str("</script>\n");
                }
            }
            other => unreachable!("the template has no place {other}"),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_become_elements() {
        let page = page(
            "a<b> & {{content}}",
            "[\"</script><!--\"]",
            &["QUJD".into()],
        );
        assert!(page.contains("<title>a&lt;b&gt; &amp; {{content}}</title>"));
        assert!(page.contains("[\"\\u003c/script>\\u003c!--\"]"));
        assert!(page.contains("class=\"blob\">QUJD</script>"));
        assert!(page.trim_end().ends_with("</html>"));
    }

    /// What the bundler leaves in the script must not end its element, and nothing is read from a network.
    #[test]
    fn the_bundle_can_be_put_into_a_page() {
        for text in ["</script", "<!--", "http://", "https://"] {
            let found: Vec<&str> = SCRIPT.matches(text).collect();
            let allowed = match text {
                "http://" => SCRIPT.matches("http://www.w3.org/").count(),
                _ => 0,
            };
            assert_eq!(found.len(), allowed, "{text}");
        }
        assert!(!STYLE.contains("</style") && !STYLE.contains("url("));
        assert!(LICENCES.contains("MIT") && !LICENCES.contains("--"));
    }
}
