!connecting
!in
<event id="Newchannel"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>1</seq></event>
+2s
<event id="Newstate"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>2</seq></event>
<event id="Link"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>3</seq></event>
+10s
<event id="Hold"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>4</seq></event>
<event id="Unlink"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>5</seq></event>
<event id="Consult"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><consult to="202" operator="bob" name="Bob" phase="dialing"></consult><seq>6</seq></event>
+3s
<event id="Consult"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><consult to="202" operator="bob" name="Bob" phase="talking"></consult><seq>7</seq></event>
+5s
<event id="Link"><call><uniqueid>pbx1-5</uniqueid><channel>PJSIP/201-5</channel><calleridnum>300</calleridnum><calleridname></calleridname><context>sales</context><appdata></appdata><state>Up</state></call><service name="Sales" queue="" direction="inbound"></service><seq>8</seq></event>
