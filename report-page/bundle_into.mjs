// Puts a style sheet and a script in the place of those of a page that `mnist-experiments report` made: its data stay.
export function bundleInto(page, style, script) {
  const swap = (text, open, close, content, from) => {
    const start = text[from](open);
    const end = text.indexOf(close, start);
    if (start < 0 || end < 0) throw new Error(`the page has no ${open}`);
    return text.slice(0, start + open.length) + content + text.slice(end);
  };
  const styled = swap(page, "<style>\n", "\n</style>", style, "indexOf");
  return swap(styled, "<script>\n", "\n</script>\n</body>", script, "lastIndexOf");
}
