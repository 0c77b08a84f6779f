// Package visitor owns visitors as persons: who a browser is (tokens), how a known one returns (one-time codes, the website's sign-in),
// and who is kept out (blocks).
//
// It owns the tables visitors, visitor_codes, used_identity_tokens and blocks. A redeemed code also moves the visitor's conversations, in
// the same statement; everything else about conversations belongs to package conversation.
//
// Always true: a code and a website's signature are used once; neither a code nor a token ever becomes a visitor whom the website signs in.
package visitor
