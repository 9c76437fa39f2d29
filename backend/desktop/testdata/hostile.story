!in
510 STATE paused [2J‮lunch
200 q1m
201 never-told
500 LINK DOWN rings
511 PHONE UNKNOWN PJSIP/201
777 SOMETHING later
500
510
200
<event id="Newchannel"><call><uniqueid>u1</uniqueid><channel>PJSIP/201-1</channel><calleridnum>055&#x202e;</calleridnum><calleridname>&#xD;&#xA;101 KO signed in elsewhere ‮</calleridname><context>astcti-service</context><appdata><data key="calldata">⁦x</data></appdata><state>Down</state></call><service name="Support" queue="astcti-queue" direction="inbound"></service><seq>1</seq></event>
<event id="Newchannel"><call><uniqueid>u2</uniqueid><channel>PJSIP/201-1</channel><calleridnum></calleridnum><calleridname></calleridname><context></context><appdata></appdata><state>Down</state></call><service name="" queue="" direction="internal"></service><seq>1</seq></event>
