/** Give the browser a file to keep, as a download. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The name of the file that an answer says it is (`filename*`, RFC 6266), or the other one. */
export function fileNameOf(answer: Response, otherwise: string): string {
  const said = /filename\*=UTF-8''([^;]+)/i.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
  try {
    return said ? decodeURIComponent(said) : otherwise;
  } catch {
    return otherwise;
  }
}
