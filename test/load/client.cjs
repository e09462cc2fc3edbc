// Runs in a Pod: asks a Service in four ways, over and over, until /tmp/stop is there; then prints what failed as JSON.
// By `node -e`, so that arguments begin at 1: the Service's address, its HTTP port, its UDP port, milliseconds between two questions of one kind.
const { Agent, request } = require('node:http');
const { createSocket } = require('node:dgram');
const { existsSync } = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');

const [address, httpPort, udpPort, pause] = process.argv.slice(1);
const TIMEOUT = 5000;

function get(agent) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: address, port: httpPort, agent, timeout: TIMEOUT }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}`)),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
}

function ask(socket) {
  return new Promise((resolve, reject) => {
    const question = String(Math.random());
    const timer = setTimeout(() => end(reject, new Error('no answer')), TIMEOUT);
    const hear = (message) => {
      const [asked, name] = message.toString().split(' ');
      if (asked === question) end(resolve, name);
    };
    const fail = (error) => end(reject, error);
    function end(done, value) {
      clearTimeout(timer);
      socket.off('message', hear).off('error', fail);
      done(value);
    }
    socket.on('message', hear).on('error', fail);
    socket.send(question, (error) => error && fail(error));
  });
}

async function open() {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.connect(Number(udpPort), address, resolve));
  return socket;
}

async function main() {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const keptSocket = await open();
  const ways = {
    'http, a connection each': () => get(false),
    'http, kept connections': () => get(kept),
    'udp, a socket each': async () => {
      const socket = await open();
      try {
        return await ask(socket);
      } finally {
        socket.close();
      }
    },
    'udp, one socket': () => ask(keptSocket),
  };
  const result = { asked: {}, answered: {}, failures: [] };
  await Promise.all(
    Object.entries(ways).map(async ([way, once]) => {
      result.asked[way] = 0;
      while (!existsSync('/tmp/stop')) {
        const time = Date.now();
        result.asked[way]++;
        try {
          const name = await once();
          result.answered[name] = (result.answered[name] ?? 0) + 1;
        } catch (error) {
          result.failures.push({ way, time, after: Date.now() - time, why: error.code ?? error.message });
        }
        await sleep(Number(pause));
      }
    }),
  );
  process.stdout.write(JSON.stringify(result), () => process.exit(0));
}

void main();
