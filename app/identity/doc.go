// Package identity knows who can log in.
//
// Owns: users, invitations, password resets, log-in sessions, and the limits on attempts.
//
// Must not touch: what people do once they are in.
//
// Always true: passwords are kept as argon2id, tokens only hashed; nothing that a stranger can ask tells whether an address
// is known; disabling a user, changing its role or its password ends all its sessions, and the bell tells the sockets; an
// organization always has an owner who can log in.
package identity
