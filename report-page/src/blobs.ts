// The page's arrays: text elements with Base64 of zlib streams.

type WithBase64 = typeof Uint8Array & { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as WithBase64).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export class Blobs {
  private readonly elements = document.querySelectorAll<HTMLScriptElement>("script.blob");

  async bytes(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const element = this.elements[index];
    const compressed = bytesOfBase64(element.textContent ?? "");
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Numbers of 16 bits, whose low bytes come first. */
  async shorts(index: number): Promise<Uint16Array> {
    const bytes = await this.bytes(index);
    const count = bytes.length / 2;
    const values = new Uint16Array(count);
    for (let i = 0; i < count; i++) values[i] = bytes[i] | (bytes[count + i] << 8);
    return values;
  }

  async floats(index: number): Promise<Float32Array> {
    return new Float32Array((await this.bytes(index)).buffer);
  }
}
