/** Sends a file. The one request that tells how far it is, which `fetch` cannot for what it sends. */

import { Failure, headers } from './api';
import type { Problem, Uploaded } from './types';

export function upload(file: File, sent: (share: number) => void, signal: AbortSignal): Promise<Uploaded> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/v1/uploads?name=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (event) => sent(event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 201) done(answer as Uploaded);
      else failed(new Failure(request.status, answer as Partial<Problem>));
    };
    request.onerror = () => failed(new Failure(0));
    request.onabort = () => failed(new DOMException(file.name, 'AbortError'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    if (signal.aborted) request.abort();
    else request.send(file);
  });
}

/** What the service answered; nothing of somebody else's answer. */
function parsed(text: string): Uploaded | Partial<Problem> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
