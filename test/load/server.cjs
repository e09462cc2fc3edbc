// Runs in a Pod: says its name over HTTP (8080) and UDP (9000). When it is told to end, it ends connections with their next answer.
const { createServer } = require('node:http');
const { createSocket } = require('node:dgram');
const { hostname } = require('node:os');

let ending = false;
const server = createServer((_, response) => {
  if (ending) response.setHeader('connection', 'close');
  response.end(hostname());
});
server.keepAliveTimeout = 60_000;
server.listen(8080, '::');

const socket = createSocket({ type: 'udp6' });
socket.on('message', (message, from) =>
  socket.send(`${message.toString()} ${hostname()}`, from.port, from.address),
);
socket.bind(9000, '::');

/** Ends when every connection has had its last answer, as a server that drains does; the Pod's grace is the limit. */
const endWhenIdle = () => server.getConnections((_, count) => count === 0 && process.exit(0));

process.on('SIGTERM', () => {
  ending = true;
  setInterval(endWhenIdle, 200);
});
