/** Compressions by name. One rule: what is read is never larger than its reader allows, whatever its bytes claim. */
import { createRequire } from "node:module";

type Zlib = typeof import("node:zlib");

const load = createRequire(import.meta.url);
let loaded: Zlib | undefined;

/** Loaded by the first who needs it: most programs compress nothing. */
function zlib(): Zlib {
  loaded ??= load("node:zlib") as Zlib;
  return loaded;
}

/** The name of a compression. */
export type Compression = "gzip" | "brotli" | "deflate";

interface Coder {
  compress(bytes: Uint8Array): Buffer;
  /** @throws what zlib throws, ERR_BUFFER_TOO_LARGE for more than `mostBytes` */
  decompress(bytes: Uint8Array, mostBytes: number): Buffer;
}

/** Brotli's own default, 11, is for files that are compressed once and read often. */
const BROTLI_QUALITY = 5;

const CODERS: Readonly<Record<Compression, Coder>> = {
  gzip: {
    compress: (bytes) => zlib().gzipSync(bytes),
    decompress: (bytes, mostBytes) => zlib().gunzipSync(bytes, { maxOutputLength: mostBytes }),
  },
  brotli: {
    compress: (bytes) => {
      const { brotliCompressSync, constants } = zlib();
      return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
    },
    decompress: (bytes, mostBytes) => zlib().brotliDecompressSync(bytes, { maxOutputLength: mostBytes }),
  },
  deflate: {
    compress: (bytes) => zlib().deflateSync(bytes),
    decompress: (bytes, mostBytes) => zlib().inflateSync(bytes, { maxOutputLength: mostBytes }),
  },
};

/** The names of all compressions. */
export const compressionNames: readonly string[] = Object.keys(CODERS);

/** Celery's that are not taken, each with the reason. */
const REFUSED: Readonly<Record<string, string>> = {
  zstd: "Node 20 has no zstd",
  bzip2: "Node has no bzip2",
  lzma: "Node has no lzma",
  zlib: 'its name here is "deflate"',
};

/** Whether there is a compression of this name. */
export function isCompression(value: unknown): value is Compression {
  return typeof value === "string" && Object.hasOwn(CODERS, value);
}

/** Says what is wanted instead of a value that names no compression. */
export function wantedCompression(value: unknown): string {
  const list = compressionNames.map((name) => `"${name}"`).join(", ");
  const reason = typeof value === "string" && Object.hasOwn(REFUSED, value) ? ` (${REFUSED[value]})` : "";
  return `one of ${list}${reason}`;
}

/** Compresses bytes; holds the event loop meanwhile. */
export function compress(compression: Compression, bytes: Uint8Array): Buffer {
  return CODERS[compression].compress(bytes);
}

/** Gives the bytes that were compressed. @throws what zlib throws for broken bytes, and for more than `mostBytes` */
export function decompress(compression: Compression, bytes: Uint8Array, mostBytes: number): Buffer {
  return CODERS[compression].decompress(bytes, mostBytes);
}
