// Package identity decides who can log in.
//
// Owns: identities (an address with a password) and their memberships, users, sign-ups, invitations, password resets, log-in
// sessions, and the limits on attempts.
//
// Must not touch: what people do once they are in.
//
// Always true:
//   - Passwords are stored as argon2id, all of an address with one salt; tokens only hashed.
//   - A log-in computes one hash and sends the same statements, however many identities an address has. Nothing that a stranger
//     can ask tells whether an address is known.
//   - Only a link that was mailed to an address and shown to nobody proves it (Mailed). A link that was shown to somebody (Shown)
//     changes nothing outside of that person's organization. See docs/decisions/0023-one-log-in-for-an-address.md.
//   - Wrong passwords count, wherever they can be typed; right ones never do.
//   - A new password ends all sessions that the old one opened, in every organization; disabling a user or changing its role ends
//     that user's sessions and the links that it made. Other processes learn of it by an event.
//   - An organization always has an owner who can log in.
package identity
