// The named cases of requests and answers that are lost, cut, late or many; tests/storm/README.md says which there are.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { HttpResponse } from '@reprise/sdk';
import { Failure } from '@reprise/protocol';
import { closeStage, inScene, type Scene } from '../scene.ts';

after(closeStage);
const two = ['ext4', 'ext4'] as const;
const dayMs = 24 * 3_600_000;

/** An answer that ends early, its status being fine. */
function cutShort(response: HttpResponse): HttpResponse {
  const { bytes } = response;
  const cut: HttpResponse['bytes'] = async (...given) => (await bytes(...given)).subarray(0, -1);
  return {
    ...response,
    bytes: cut,
    fill: async () => {
      throw new Failure('bad-answer', { reason: 'not as many bytes as expected' });
    },
    pieces: async function* () {
      for await (const piece of response.pieces()) yield piece.subarray(0, -1);
    },
  };
}

/** Fails the first call of a kind, then in another scene the second, until a run has no more of them. */
async function loseEach(half: 'request' | 'answer', act: (scene: Scene) => void, end: (scene: Scene) => void): Promise<number> {
  for (let at = 0; ; at++) {
    let isLost = false;
    await inScene(two, async (scene) => {
      act(scene);
      let calls = 0;
      scene.world.atCall = (device, call) => {
        if (device !== scene.devices[0] || call.port !== 'net' || call.half !== half || calls++ !== at) return;
        isLost = true;
        throw new Failure('network', { reason: 'lost' });
      };
      await scene.sync();
      end(scene);
    });
    if (!isLost) return at;
  }
}

describe('requests and answers', () => {
  test('A14 short-download-resolves', () =>
    inScene(two, async (scene) => {
      const content = 'whole '.repeat(9_000);
      let cuts = 0;
      scene.off(1);
      scene.write(0, 'f', content);
      await scene.sync();
      scene.world.atAnswer = (device, url, response) => {
        const isOfFile = url.includes('/objects/') && Number(response.header('content-length')) > content.length;
        if (device !== scene.devices[1] || !isOfFile || cuts >= 5) return response;
        cuts++;
        return cutShort(response);
      };
      scene.on(1);
      scene.world.atCall = () => {
        const there = scene.read(1, 'f');
        assert.ok(there === null || there === content, 'never a part of it under its name');
      };
      await scene.sync();
      assert.ok(cuts > 0);
      scene.world.scheduler.nowMs += dayMs + 60_000;
      await scene.sync();
      scene.assertTrees({ f: content });
    }));

  test('A15 dedup-hash-written-before-upload', async () => {
    const lost = await loseEach(
      'request',
      (scene) => {
        scene.write(0, 'f', 'never sent before');
        scene.write(0, 'g', 'never sent before');
      },
      (scene) => scene.assertTrees({ f: 'never sent before', g: 'never sent before' }),
    );
    assert.ok(lost > 5, `only ${lost} requests`);
  });

  test('G12 retry-stitches-wrong-parts', async () => {
    const [one, other] = ['1'.repeat(9_000), '2'.repeat(9_000)];
    const lost = await loseEach(
      'answer',
      (scene) => {
        scene.write(0, 'f', one);
        scene.write(0, 'g', other);
      },
      (scene) => scene.assertTrees({ f: one, g: other }),
    );
    assert.ok(lost > 5, `only ${lost} answers`);
  });

  test('A29 offline-drive-holds-account-lock', () =>
    inScene(['ext4', 'ext4', 'ext4'], async (scene) => {
      for (const path of ['/puts', '/log']) {
        const name = path.slice(1);
        let isGone = false;
        scene.world.atCall = (device, call) => {
          if (isGone || device !== scene.devices[0] || call.port !== 'net' || call.half !== 'answer' || !call.url.endsWith(path)) return;
          isGone = true;
          scene.off(0);
        };
        scene.write(0, `${name}-of-who-went`, 'mine');
        while (!isGone) assert.ok(await scene.world.turn());
        scene.write(1, `${name}-of-who-stayed`, 'theirs');
        const beforeMs = scene.world.scheduler.nowMs;
        await scene.sync();
        assert.equal(scene.read(2, `${name}-of-who-stayed`), 'theirs', 'nobody waits for who is gone');
        assert.ok(scene.world.scheduler.nowMs - beforeMs < 60_000);
        scene.on(0);
        await scene.sync();
        assert.equal(scene.read(2, `${name}-of-who-went`), 'mine');
      }
    }));

  test('G13 head-cas-storm', () =>
    inScene(
      Array.from({ length: 20 }, () => 'ext4' as const),
      async (scene) => {
        const tries = new Map<string, number>();
        scene.world.atCall = (device, call) => {
          if (call.port === 'net' && call.half === 'request' && call.url.endsWith('/log'))
            tries.set(device.name, (tries.get(device.name) ?? 0) + 1);
        };
        for (const [i] of scene.devices.entries()) scene.write(i, `f${i}`, `of ${i}`);
        await scene.sync();
        scene.assertTrees(
          Object.fromEntries(scene.devices.map((_, i) => [`f${i}`, `of ${i}`] as const).toSorted(([a], [b]) => (a < b ? -1 : 1))),
        );
        assert.equal(tries.size, 20);
        const most = Math.max(...tries.values());
        assert.ok(most <= 20, `somebody tried ${most} times: as many as all others can have been first, and no more`);
      },
    ));

  test('G15 standby-during-commit', () =>
    inScene(two, async (scene) => {
      let isUp = false;
      scene.world.atCall = (device, call) => {
        if (device === scene.devices[0] && call.port === 'net' && call.half === 'answer' && call.url.includes('/packs/')) isUp = true;
      };
      scene.write(0, 'f', 'sent, and not committed');
      while (!isUp) assert.ok(await scene.world.turn());
      scene.world.atCall = undefined;
      // The machine sleeps; leases run out, and what they held goes.
      for (const days of [8, 4]) {
        scene.world.scheduler.nowMs += days * dayMs;
        await scene.world.service.sweep();
      }
      await scene.sync();
      scene.assertTrees({ f: 'sent, and not committed' });
    }));
});
