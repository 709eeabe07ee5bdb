// Types of what the bundler lets us import.
declare module '*.css';
declare module 'pdfjs-dist/build/pdf.worker.mjs';
