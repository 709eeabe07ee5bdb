// One LDK node put together from its parts, new or from what was kept. https://docs.rs/lightning/0.1 and docs/decisions/lightning.md.
import { randomBytes } from 'node:crypto';
import * as ldk from 'lightningdevkit';
import type { RegtestChain } from './chain.ts';
import type { Snapshot } from './snapshot.ts';

export type PartsSettings = {
  readonly chain: RegtestChain;
  readonly kept: Snapshot;
  /** What this node asks for passing a payment on. */
  readonly forwarding: { readonly baseMsat: number; readonly millionths: number };
  /** A monitor has changed: `done` is called once it is on the disk. `done` is null where nobody waits. */
  readonly onMonitor: (key: string, monitor: Uint8Array, done: { readonly funding: ldk.OutPoint; readonly update: bigint } | null) => void;
  readonly onTransaction: (raw: Uint8Array) => void;
};
export type Parts = { readonly manager: ldk.ChannelManager; readonly monitor: ldk.ChainMonitor; readonly peers: ldk.PeerManager };

/** Satoshi for a thousand units of weight: what regtest takes. */
const feeRate = 253;

export function buildParts(settings: PartsSettings): Parts {
  const { chain, kept, onTransaction } = settings;
  const now = Math.floor(Date.now() / 1_000);
  const fees = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => feeRate });
  const logger = ldk.Logger.new_impl({ log: () => undefined });
  const broadcaster = ldk.BroadcasterInterface.new_impl({
    broadcast_transactions: (all) => all.forEach((raw) => onTransaction(raw.slice())),
  });
  // A new number at each start, so that no key is derived twice.
  const keys = ldk.KeysManager.constructor_new(kept.seed, BigInt(now), randomBytes(4).readUInt32BE());
  const entropy = keys.as_EntropySource();
  const monitor = ldk.ChainMonitor.constructor_new(ldk.Option_FilterZ.constructor_none(), broadcaster, logger, fees, persisterOf(settings));
  const graph = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger);
  const decay = ldk.ProbabilisticScoringDecayParameters.constructor_default();
  const scorer = ldk.MultiThreadedLockableScore.constructor_new(ldk.ProbabilisticScorer.constructor_new(decay, graph, logger).as_Score());
  const scoring = ldk.ProbabilisticScoringFeeParameters.constructor_default();
  const router = ldk.DefaultRouter.constructor_new(graph, logger, entropy, scorer.as_LockableScore(), scoring).as_Router();
  const messageRouter = ldk.DefaultMessageRouter.constructor_new(graph, entropy).as_MessageRouter();
  const config = configOf(settings);
  const manager = kept.manager
    ? restore(kept, { monitor, keys, fees, broadcaster, router, messageRouter, logger, config })
    : ldk.ChannelManager.constructor_new(
        ...([
          fees,
          monitor.as_Watch(),
          broadcaster,
          router,
          messageRouter,
          logger,
          entropy,
          keys.as_NodeSigner(),
          keys.as_SignerProvider(),
        ] as const),
        ...([
          config,
          ldk.ChainParameters.constructor_new(ldk.Network.LDKNetwork_Regtest, ldk.BestBlock.constructor_new(chain.tip, chain.height)),
          now,
        ] as const),
      );
  const ignore = ldk.IgnoringMessageHandler.constructor_new();
  // Nothing is announced here, and yet peers of other programs ask for nodes that can answer about what is.
  const gossip = ldk.P2PGossipSync.constructor_new(graph, ldk.Option_UtxoLookupZ.constructor_none(), logger);
  const peers = ldk.PeerManager.constructor_new(
    ...([manager.as_ChannelMessageHandler(), gossip.as_RoutingMessageHandler(), ignore.as_OnionMessageHandler()] as const),
    ...([ignore.as_CustomMessageHandler(), now, new Uint8Array(randomBytes(32)), logger, keys.as_NodeSigner()] as const),
  );
  return { manager, monitor, peers };
}

/** Monitors are said to be in progress until they are on the disk, together with the manager of the same moment. */
function persisterOf({ onMonitor }: PartsSettings): ldk.Persist {
  const waiting = ldk.ChannelMonitorUpdateStatus.LDKChannelMonitorUpdateStatus_InProgress;
  const keyOf = (funding: ldk.OutPoint) => Buffer.from(funding.write()).toString('hex');
  return ldk.Persist.new_impl({
    persist_new_channel: (funding, monitor) => {
      onMonitor(keyOf(funding), monitor.write(), { funding: funding.clone(), update: monitor.get_latest_update_id() });
      return waiting;
    },
    update_persisted_channel: (funding, update: ldk.ChannelMonitorUpdate | null, monitor) => {
      // Without an update it is a block that changed it, and nobody waits.
      onMonitor(keyOf(funding), monitor.write(), update && { funding: funding.clone(), update: update.get_update_id() });
      return waiting;
    },
    archive_persisted_channel: () => undefined,
  });
}

function configOf({ forwarding }: PartsSettings): ldk.UserConfig {
  const config = ldk.UserConfig.constructor_default();
  config.set_accept_forwards_to_priv_channels(true);
  const handshake = config.get_channel_handshake_config();
  handshake.set_minimum_depth(1);
  // A payment may be as large as the channel.
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100);
  config.set_channel_handshake_config(handshake);
  const channel = config.get_channel_config();
  channel.set_forwarding_fee_base_msat(forwarding.baseMsat);
  channel.set_forwarding_fee_proportional_millionths(forwarding.millionths);
  config.set_channel_config(channel);
  return config;
}

type Around = {
  readonly monitor: ldk.ChainMonitor;
  readonly keys: ldk.KeysManager;
  readonly fees: ldk.FeeEstimator;
  readonly broadcaster: ldk.BroadcasterInterface;
  readonly router: ldk.Router;
  readonly messageRouter: ldk.MessageRouter;
  readonly logger: ldk.Logger;
  readonly config: ldk.UserConfig;
};

function restore(kept: Snapshot, { monitor, keys, fees, broadcaster, router, messageRouter, logger, config }: Around): ldk.ChannelManager {
  const [entropy, signer, provider] = [keys.as_EntropySource(), keys.as_NodeSigner(), keys.as_SignerProvider()];
  const monitors = [...kept.monitors.values()].map((bytes) => {
    const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelMonitorZ_read(bytes, entropy, provider);
    if (read instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelMonitorZDecodeErrorZ_OK) return read.res.get_b();
    throw new Error('a monitor of the sandbox cannot be read');
  });
  const read = ldk.UtilMethods.constructor_C2Tuple_ThirtyTwoBytesChannelManagerZ_read(
    ...([kept.manager as Uint8Array, entropy, signer, provider, fees, monitor.as_Watch(), broadcaster] as const),
    ...([router, messageRouter, logger, config, monitors] as const),
  );
  if (!(read instanceof ldk.Result_C2Tuple_ThirtyTwoBytesChannelManagerZDecodeErrorZ_OK))
    throw new Error('a manager of the sandbox cannot be read');
  for (const one of monitors) monitor.as_Watch().watch_channel(one.get_funding_txo().get_a(), one);
  return read.res.get_b();
}
