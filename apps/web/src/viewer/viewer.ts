// Runs inside the opaque viewer frame: draws a PDF whose bytes come through one port, and can reach nothing else (spec/web.md, viewer).
import './viewer.css';
import { getDocument, GlobalWorkerOptions, PDFDataRangeTransport, type PDFDocumentProxy } from 'pdfjs-dist';
// Workers by URL are refused in an opaque origin, so the parser runs here: this frame is already a place of its own.
import * as parser from 'pdfjs-dist/build/pdf.worker.mjs';
import type { FrameAnswer, FrameAsk } from './messages.ts';

const rangeMax = 1024 * 1024;
const words = {
  fr: { page: 'Page', of: 'sur', larger: 'Agrandir', smaller: 'Réduire' },
  en: { page: 'Page', of: 'of', larger: 'Zoom in', smaller: 'Zoom out' },
} as const;

Object.assign(globalThis, { pdfjsWorker: parser });
GlobalWorkerOptions.workerSrc = 'in-this-frame';

addEventListener('message', function hello(event: MessageEvent<FrameAnswer>) {
  const port = event.ports[0];
  if (!port || event.data.kind !== 'open') return;
  removeEventListener('message', hello);
  document.documentElement.lang = event.data.locale;
  document.documentElement.classList.add(event.data.dark ? 'dark' : 'light');
  const ask = (message: FrameAsk): void => port.postMessage(message);
  setInterval(() => ask({ kind: 'alive' }), 4000);
  show(port, event.data.bytesTotal, words[event.data.locale]).catch(() => ask({ kind: 'failed' }));
});

async function show(port: MessagePort, bytesTotal: number, say: (typeof words)['fr' | 'en']): Promise<void> {
  const waiting = new Map<number, (bytes: Uint8Array) => void>();
  let next = 0;
  port.onmessage = (event: MessageEvent<FrameAnswer>) => {
    if (event.data.kind !== 'range') return;
    waiting.get(event.data.id)?.(event.data.bytes);
    waiting.delete(event.data.id);
  };
  const read = (start: number, end: number): Promise<Uint8Array> =>
    new Promise((resolve) => {
      const id = next++;
      waiting.set(id, resolve);
      port.postMessage({ kind: 'range', id, start, end } satisfies FrameAsk);
    });

  class PortTransport extends PDFDataRangeTransport {
    override requestDataRange(begin: number, end: number): void {
      void (async () => {
        for (let at = begin; at < end; at += rangeMax) this.onDataRange(at, await read(at, Math.min(end, at + rangeMax)));
      })();
    }
  }
  const first = await read(0, Math.min(bytesTotal, 65_536));
  const transport = new PortTransport(bytesTotal, first);
  const pdf = await getDocument({
    range: transport,
    rangeChunkSize: 262_144,
    disableAutoFetch: true,
    disableStream: true,
    enableXfa: false,
    useWorkerFetch: false,
    useSystemFonts: false,
    verbosity: 0,
  }).promise;
  await draw(pdf, say);
}

async function draw(pdf: PDFDocumentProxy, say: (typeof words)['fr' | 'en']): Promise<void> {
  const bar = document.createElement('div');
  const place = document.createElement('output');
  const pages = document.createElement('main');
  bar.className = 'bar';
  pages.className = 'pages';
  pages.tabIndex = 0;
  let zoom = 1;
  const button = (sign: string, label: string, factor: number): HTMLButtonElement => {
    const made = document.createElement('button');
    made.textContent = sign;
    made.setAttribute('aria-label', label);
    made.onclick = () => {
      zoom = Math.min(4, Math.max(0.4, zoom * factor));
      layout();
    };
    return made;
  };
  bar.append(place, button('−', say.smaller, 1 / 1.25), button('+', say.larger, 1.25));
  document.body.append(bar, pages);

  const firstView = (await pdf.getPage(1)).getViewport({ scale: 1 });
  const boxes = Array.from({ length: pdf.numPages }, (_, i) => {
    const box = document.createElement('div');
    box.className = 'page';
    box.dataset['page'] = String(i + 1);
    pages.append(box);
    return box;
  });
  const ratios = boxes.map(() => firstView.height / firstView.width);
  const inView = new Set<number>();
  const drawn = new Map<number, number>();

  function layout(): void {
    const width = Math.min(innerWidth - 32, 980) * zoom;
    boxes.forEach((box, i) => {
      box.style.width = `${width}px`;
      box.style.height = `${width * (ratios[i] ?? 1)}px`;
    });
    for (const page of inView) void paint(page);
  }

  async function paint(number: number): Promise<void> {
    const box = boxes[number - 1];
    if (!box || drawn.get(number) === zoom) return;
    drawn.set(number, zoom);
    const page = await pdf.getPage(number);
    const natural = page.getViewport({ scale: 1 });
    ratios[number - 1] = natural.height / natural.width;
    box.style.height = `${box.clientWidth * (natural.height / natural.width)}px`;
    const scale = Math.min(
      (box.clientWidth / natural.width) * Math.min(devicePixelRatio, 2),
      8192 / Math.max(natural.width, natural.height),
    );
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement('canvas');
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    await page.render({ canvas, viewport }).promise;
    const text = document.createElement('p');
    text.textContent = (await page.getTextContent()).items.map((item) => ('str' in item ? item.str : '')).join(' ');
    canvas.setAttribute('aria-hidden', 'true');
    box.replaceChildren(canvas, text);
  }

  // Pages out of sight give their pixels back, so a thousand pages cost what a few do.
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const number = Number((entry.target as HTMLElement).dataset['page']);
        if (entry.isIntersecting) {
          inView.add(number);
          void paint(number);
        } else {
          inView.delete(number);
          drawn.delete(number);
          entry.target.replaceChildren();
        }
      }
      const seen = Math.min(...inView);
      if (Number.isFinite(seen)) place.textContent = `${say.page} ${seen} ${say.of} ${pdf.numPages}`;
    },
    { rootMargin: '400px 0px' },
  );
  layout();
  for (const box of boxes) watch.observe(box);
  addEventListener('resize', layout);
}
