!connecting
!in
510 STATE available
200 astcti-queue
!yes REASONS: Break|Lunch
!yes CONTEXTS: 
+10s
<event id="Newchannel"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Down</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE ringing
<event id="Newstate"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Ringing</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
<event id="Callerid"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Ringing</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
+4s
<event id="Newstate"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE oncall
<event id="Link"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><action type="browser"><url>https://crm.example/customer?id=12345</url></action><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
!opened u1 page https://crm.example/customer?id=12345
+20s
<event id="Hold"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE held
+5s
<event id="Unhold"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE oncall
!yes PAUSE AFTER Lunch
+10s
<event id="Unlink"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
<event id="Hangup"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>0550100</calleridnum><calleridname>Rossi &amp; Figli</calleridname><context>astcti-service</context><appdata><data key="calldata">12345</data></appdata><state>Up</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
510 STATE aftercall 30
+10s
510 STATE aftercall 80
!yes MORE
+5s
510 STATE paused Lunch
!yes READY
