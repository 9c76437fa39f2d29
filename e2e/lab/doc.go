// Package lab starts real Asterisk for tests: Debian's own packages, unpacked into
// a cache folder, run by any user, many at once, on free ports of 127.0.0.1.
//
// Only Linux with mmdebstrap can build the cache; nothing needs root, a container
// engine or a name space. Tests use it like this:
//
//	root, err := lab.Prepare(ctx, 22, log)   // seconds once, then nothing
//	ast, err := root.Start(ctx, lab.Options{Dir: t.TempDir()})
//	defer ast.Stop()
//	// ast.AMI, ast.SIP, lab.ManagerUser, lab.PhonePassword("201")
package lab
