import {defineFault} from '../fault.ts'

export default defineFault({
  on: 'host',
  title: 'Tasks come faster than one pool process does them',
  breakIt: hub => hub.app.python('import tasks\nfor i in range(60): tasks.sleepy.delay(0.5)'),
  expects: {first: 'celery.queue-depth', verdict: 'warning', says: /^celery holds \d\d messages/},
  cure: {answer: 'y'},
})
