import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceName } from './device-name.ts';

test('a browser is called by its own name, not by those it descends from', () => {
  const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36';
  assert.equal(deviceName(windows), 'Chrome · Windows');
  assert.equal(deviceName(`${windows} Edg/156.0`), 'Edge · Windows');
  assert.equal(deviceName('Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'), 'Firefox · Linux');
  assert.equal(
    deviceName(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile Safari/604.1',
    ),
    'Safari · iPhone',
  );
  assert.equal(
    deviceName('Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Mobile Safari/537.36'),
    'Chrome · Android',
  );
});

test('what names neither is a device of the web', () => assert.equal(deviceName('curl/8'), 'Web'));
