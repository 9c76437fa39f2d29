// Package admin is the configurator: the pages below /admin by which managers set up a
// call centre (rows I1 to I5, J1 to J4). Each module is one .go file with its templates
// beside it; texts come from the locale.
//
// Pages are whole without JavaScript. With it, htmx asks for parts of them:
//
//	GET            the page; with HX-Request the part
//	POST           303 to the page; with HX-Request
//	  saved        the list anew and the event cti:saved
//	  wrong        422 and the form with its errors, nothing lost
//	  signed out   401 and a form to sign in, over the one that is being filled in
//
// Nothing changes on a GET. Who may use a route stands beside it (see [Admin.Mount]),
// and a test knows all of them.
package admin
