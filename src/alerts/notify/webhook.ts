import type {NotifierKind} from './notifier.ts'
import {faultOf, placeOf, postJson} from './post.ts'

/** Posts the change as JSON, `hub-mon/alert@1`. */
export const webhook: NotifierKind = {
  kind: 'webhook',
  takes: '<url>',
  summary: 'post each change there as JSON',
  about:
    'The document as the body of a POST; any answer from 200 to 299 within 30 s takes it. No redirect is followed.',
  example: 'https://hooks.example.com/services/T000/B000/secret',
  fault: faultOf,
  secret: true,
  place: placeOf,
  deliver: (address, notification, within) => postJson(new URL(address), notification, within),
}
