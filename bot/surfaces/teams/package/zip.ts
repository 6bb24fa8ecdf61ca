import { crc32 } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfCentral = 0x06054b50;
const version = 20;
/** 1980-01-01, the first day that zip knows: the same files give the same bytes. */
const firstDay = 0x21;

/**
 * Files as a zip archive, stored without compression: three small files gain nothing from it.
 *
 * Source: APPNOTE.TXT 6.3.10, PKWARE, sections 4.3.7, 4.3.12 and 4.3.16.
 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const title = Buffer.from(name, "utf8");
    const common = commonFields(title, content);
    files.push(u32(localHeader), common, title, content);
    directory.push(u32(centralHeader), u16(version), common, Buffer.alloc(10), u32(offset), title);
    offset += 4 + common.length + title.length + content.length;
  }
  const central = Buffer.concat(directory);
  const counts = [u16(0), u16(0), u16(entries.length), u16(entries.length)];
  const end = [u32(endOfCentral), ...counts, u32(central.length), u32(offset), u16(0)];
  return Buffer.concat([...files, central, ...end]);
}

/** What stands in a file's own header and in the directory: version to length of the extra field. */
function commonFields(title: Buffer, content: Buffer): Buffer {
  const none = u16(0);
  const size = u32(content.length);
  return Buffer.concat([
    ...[u16(version), none, none, none, u16(firstDay), u32(crc32(content))],
    ...[size, size, u16(title.length), none],
  ]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
