// Which of the six file marks stands for a name. The label shows the extension itself, so a wrong guess misleads nobody.
export type MarkKind = 'folder' | 'video' | 'image' | 'document' | 'archive' | 'audio';

const kinds: Readonly<Record<Exclude<MarkKind, 'folder' | 'document'>, string>> = {
  video: 'mp4 m4v mov mkv webm avi mpg mpeg ogv ts 3gp',
  image: 'jpg jpeg png webp avif gif heic heif svg bmp tif tiff psd raw cr2 nef dng ico',
  archive: 'zip rar 7z tar gz tgz bz2 xz zst iso dmg jar apk deb rpm',
  audio: 'mp3 wav flac ogg oga opus m4a aac aif aiff wma mid',
};
const byExtension = new Map<string, MarkKind>(
  Object.entries(kinds).flatMap(([kind, list]) => list.split(' ').map((extension) => [extension, kind as MarkKind] as const)),
);

export function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 && name.length - dot <= 6 ? name.slice(dot + 1) : '';
}

export function markKind(name: string): MarkKind {
  return byExtension.get(extensionOf(name).toLowerCase()) ?? 'document';
}
