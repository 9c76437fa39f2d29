package web

import (
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/asteriskcti/asteriskcti/backend/locale"
)

// Colours of the browser's own bar around the panel: --page of tokens.css.
const (
	themeLight = "#f1f4f9"
	themeDark  = "#0c1016"
)

// Light is the colour around the panel on a light page.
func (agentPage) Light() string { return themeLight }

// Dark is that on a dark page.
func (agentPage) Dark() string { return themeDark }

// webManifest is what a browser needs to install the panel as an application
// (https://www.w3.org/TR/appmanifest/).
type webManifest struct {
	ID              string          `json:"id"`
	Name            string          `json:"name"`
	ShortName       string          `json:"short_name"`
	Description     string          `json:"description"`
	Lang            locale.Language `json:"lang"`
	StartURL        string          `json:"start_url"`
	Scope           string          `json:"scope"`
	Display         string          `json:"display"`
	ThemeColor      string          `json:"theme_color"`
	BackgroundColor string          `json:"background_color"`
	Icons           []webIcon       `json:"icons"`
	LaunchHandler   launchHandler   `json:"launch_handler"`
}

type webIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// launchHandler brings the window that is open to the front instead of a second one.
type launchHandler struct {
	ClientMode string `json:"client_mode"`
}

// showManifest is GET /agent.webmanifest, in the reader's language.
func (s *Server) showManifest(c *fiber.Ctx) error {
	lang := language(origin(c))
	m := webManifest{
		ID: "/agent", Name: "AsteriskCTI · " + lang.Text("agent.title"), ShortName: "AsteriskCTI",
		Description: lang.Text("agent.description"), Lang: lang, StartURL: "/agent", Scope: "/agent",
		Display: "standalone", ThemeColor: themeLight, BackgroundColor: themeLight,
		Icons: []webIcon{}, LaunchHandler: launchHandler{ClientMode: "focus-existing"},
	}
	for _, icon := range []webIcon{
		{"icon-192.png", "192x192", "image/png", "any"},
		{"icon-512.png", "512x512", "image/png", "any"},
		{"icon-maskable-512.png", "512x512", "image/png", "maskable"},
		{"favicon.svg", "any", "image/svg+xml", "any"},
	} {
		if icon.Src = s.assets.fixed(icon.Src); icon.Src != "" {
			m.Icons = append(m.Icons, icon)
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.Set("Content-Type", types[".webmanifest"])
	c.Set("Cache-Control", "no-cache")
	c.Set("Vary", "Accept-Language")
	return c.Status(http.StatusOK).Send(body)
}
