// Media types from a name's extension, and which of them a browser may be asked to show. The list is closed: a type outside it is
// a download.

const typesByExtension: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  gif: 'image/gif',
  svg: 'image/svg+xml',
  heic: 'image/heic',
  heif: 'image/heif',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  bmp: 'image/bmp',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  ogv: 'video/ogg',
  mkv: 'video/x-matroska',
  avi: 'video/x-msvideo',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  flac: 'audio/flac',
  wav: 'audio/wav',
  weba: 'audio/webm',
  aif: 'audio/aiff',
  aiff: 'audio/aiff',
  mid: 'audio/midi',
  pdf: 'application/pdf',
  zip: 'application/zip',
  gz: 'application/gzip',
  tar: 'application/x-tar',
  '7z': 'application/x-7z-compressed',
  txt: 'text/plain',
  md: 'text/markdown',
  csv: 'text/csv',
  log: 'text/plain',
  ini: 'text/plain',
  toml: 'text/plain',
  yaml: 'text/yaml',
  yml: 'text/yaml',
  json: 'application/json',
  xml: 'text/xml',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'text/javascript',
  mjs: 'text/javascript',
  ts: 'text/plain',
  tsx: 'text/plain',
  jsx: 'text/plain',
  py: 'text/plain',
  rb: 'text/plain',
  go: 'text/plain',
  rs: 'text/plain',
  java: 'text/plain',
  c: 'text/plain',
  h: 'text/plain',
  cpp: 'text/plain',
  sh: 'text/plain',
  sql: 'text/plain',
  tex: 'text/plain',
  srt: 'text/plain',
  vtt: 'text/vtt',
  svelte: 'text/plain',
  vue: 'text/plain',
  kt: 'text/plain',
  swift: 'text/plain',
  php: 'text/plain',
  lua: 'text/plain',
  diff: 'text/plain',
  patch: 'text/plain',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  epub: 'application/epub+zip',
};

const shownImages: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif']);

export function mediaTypeOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return (dot > 0 ? typesByExtension[name.slice(dot + 1).toLowerCase()] : undefined) ?? 'application/octet-stream';
}

/** Raster images that may be shown from our own origin; others are documents in disguise or need a decoder. */
export function isShownImage(mediaType: string): boolean {
  return shownImages.has(mediaType);
}

export function isPlayable(mediaType: string): boolean {
  return /^(video|audio)\/[a-z0-9-]+$/.test(mediaType);
}

export function isText(mediaType: string): boolean {
  return (mediaType.startsWith('text/') && mediaType !== 'text/html') || mediaType === 'application/json';
}
