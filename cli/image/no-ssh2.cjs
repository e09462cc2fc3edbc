// Stands for ssh2 in the bundles: a node speaks to its engine over a local socket, never over SSH.
exports.Client = function Client() {
  throw new Error('Docker over SSH is not supported');
};
