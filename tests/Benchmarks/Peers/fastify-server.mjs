// A served model as one would write it with Fastify and onnxruntime-node: the request's JSON in, one run, the answer's JSON out. No log, no routing, no metrics.
// Usage: node fastify-server.mjs PACKAGES MODEL PORT PATH
import { createRequire } from 'node:module';

const [packages, model, port, path] = process.argv.slice(2);
const require = createRequire(packages + '/package.json');
const fastify = require('fastify')({ logger: false, bodyLimit: 64 * 1024 * 1024 });
const ort = require('onnxruntime-node');
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });

fastify.post(path, async request => {
  const feeds = {};
  for (const input of request.body.inputs)
    feeds[input.name] = new ort.Tensor('float32', Float32Array.from(input.data), input.shape);
  const results = await session.run(feeds);
  const outputs = session.outputNames.map(name => ({ name, datatype: 'FP32', shape: results[name].dims, data: Array.from(results[name].data) }));
  return { model_name: 'peer', outputs };
});

await fastify.listen({ port: Number(port), host: '127.0.0.1' });
